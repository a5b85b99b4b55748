public import NIOCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// What a connection sends: gathered during a turn of its loop and sent at the end of it. Loop-confined.
///
/// Bytes of a plain connection go to its socket directly. The kernel nearly always takes them at once, and a
/// channel keeps for each write an entry in a queue, its progress and a dozen counted references, which costs as
/// much as a stage. What the kernel does not take is left to the channel, which knows about waiting; until it is
/// done, what follows queues up behind it.
public final class Outbox {
  private let flushes: FlushQueue
  private var context: ChannelHandlerContext?
  /// The channel's socket; nil when bytes have to go through its handlers first (TLS), and when it is closed.
  private var socket: NIOBSDSocket.Handle?
  private var unsent: ByteBuffer?
  private var isOwn = false
  private var isQueued = false
  /// Writes that the channel has not finished.
  private var inChannel = 0

  /// An outbox that is emptied with the turns of the loop of `flushes`.
  public init(_ flushes: FlushQueue) {
    self.flushes = flushes
  }

  /// The handler is in the pipeline: from now on there is something to send to.
  public func open(_ context: ChannelHandlerContext) {
    self.context = context
  }

  /// The channel is connected, and no other handler changes what is sent: its socket may be written to. `close`
  /// must follow before the socket's number can mean another connection, so at the latest in `channelInactive`,
  /// which the channel calls in the same step as it closes the socket.
  public func openSocket() {
    // Channels without a socket have none to give, and a closed one tells its handlers next.
    socket = try? context?.channel.pipeline.syncOperations.withUnsafeTransportIfAvailable { $0 }
  }

  /// Sends nothing any more.
  public func close() {
    context = nil
    socket = nil
    unsent = nil
  }

  /// Whether the kernel has all that was taken.
  public var isSent: Bool { unsent == nil && inChannel == 0 }

  /// Takes a piece. `flush` says when it is to be sent.
  ///
  /// - Parameter isOwn: the buffer is one of the queue's, which gets it back when it is sent.
  public func write(_ bytes: ByteBuffer, isOwn: Bool = false) {
    guard var earlier = unsent.take() else {
      unsent = bytes
      self.isOwn = isOwn
      return
    }
    if earlier.readableBytes + bytes.readableBytes <= Self.joinLimit {
      var bytes = bytes
      earlier.writeBuffer(&bytes)
      unsent = earlier
    } else {
      hand(earlier, flushes: false)
      unsent = bytes
      self.isOwn = isOwn
    }
  }

  /// Pieces up to this size together are joined: the copy costs less than a second vector.
  private static let joinLimit = 16_384

  /// Has what was taken sent at the end of this turn.
  public func flush() {
    guard unsent != nil, !isQueued else { return }
    isQueued = true
    flushes.add(self)
  }

  /// Sends what was taken now. May end the connection.
  public func flushNow() {
    isQueued = false
    guard var bytes = unsent else { return }
    unsent = nil
    if let socket, inChannel == 0 {
      let count = bytes.readableBytes
      // A broken connection is left to the channel too: its own write fails the same way.
      let sent = bytes.readWithUnsafeReadableBytes {
        max(0, send(socket, $0.baseAddress, $0.count, Self.flags))
      }
      if sent == count {
        if isOwn { flushes.giveBack(bytes) }
        return
      }
    }
    hand(bytes, flushes: true)
  }

  private static let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)

  private func hand(_ bytes: ByteBuffer, flushes: Bool) {
    guard let context else { return }
    inChannel += 1
    let written = context.eventLoop.makePromise(of: Void.self)
    written.futureResult.assumeIsolated().whenComplete { [self] _ in inChannel -= 1 }
    context.write(NIOAny(bytes), promise: written)
    if flushes { context.flush() }
  }
}
