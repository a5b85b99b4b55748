import NIOCore

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

  private func flushAll() {
    isScheduled = false
    // What is added meanwhile waits for a turn of its own.
    swap(&waiting, &flushing)
    for outbox in flushing { outbox.flushNow() }
    flushing.removeAll(keepingCapacity: true)
  }
}
