public import NIOCore

/// What one turn of an event loop produced, sent when all events of that turn have been handled. Loop-confined.
///
/// A write wakes the process that waits for it, which is the dearest part of sending. The first write of a turn
/// does so; the ones that follow at once find it awake. Sent one by one, between other work, each would wake it
/// again. And what a connection wrote in several pieces becomes one system call.
public final class FlushQueue {
  private let eventLoop: any EventLoop
  private var waiting: ContiguousArray<Outbox> = []
  private var flushing: ContiguousArray<Outbox> = []
  private var isScheduled = false
  private var spare: ContiguousArray<ByteBuffer> = []

  /// Buffers kept to be filled again, and the size of each: a small answer with its head, a small request.
  private static let (mostSpare, spareBytes) = (64, 2048)

  init(eventLoop: any EventLoop) {
    self.eventLoop = eventLoop
  }

  /// Has `outbox` flushed at the end of this turn; once for each call, so the caller remembers that it asked.
  func add(_ outbox: Outbox) {
    waiting.append(outbox)
    guard !isScheduled else { return }
    isScheduled = true
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    eventLoop.execute { bound.value.flushAll() }
  }

  /// An empty buffer with room for `capacity` bytes, for what goes to an outbox as its own. Such buffers are just
  /// above what the allocator keeps at hand, and an exchange needs two.
  public func buffer(capacity: Int) -> ByteBuffer {
    guard capacity <= Self.spareBytes else { return ByteBufferAllocator().buffer(capacity: capacity) }
    guard var buffer = spare.popLast() else { return ByteBufferAllocator().buffer(capacity: Self.spareBytes) }
    buffer.clear()
    return buffer
  }

  /// Takes back a buffer that was sent and that nobody else holds.
  func giveBack(_ buffer: ByteBuffer) {
    if spare.count < Self.mostSpare, buffer.storageCapacity == Self.spareBytes { spare.append(buffer) }
  }

  private func flushAll() {
    isScheduled = false
    // What is added meanwhile waits for a turn of its own.
    swap(&waiting, &flushing)
    for outbox in flushing { outbox.flushNow() }
    flushing.removeAll(keepingCapacity: true)
  }
}
