import NIOCore
import Synchronization

/// A counted handle on an exchange that any thread may hold; after the end every use of it fails.
///
/// `@unchecked Sendable`: `exchange` is touched on the exchange's event loop only; the rest is under the lock.
final class ExchangeRef: @unchecked Sendable {
  enum WriteOutcome { case accepted, full, over }

  /// Bytes a streamed reply may have waiting before its writer is told to wait.
  static let writeLimit = 256 * 1024

  private struct State {
    var isAlive = true
    var pending: ByteBuffer?
    var isEnded = false
    var isDrainScheduled = false
    var isFull = false
  }

  let eventLoop: any EventLoop
  private unowned(unsafe) var exchange: Exchange?
  private let state = Mutex(State())

  init(_ exchange: Exchange) {
    self.exchange = exchange
    eventLoop = exchange.loop.eventLoop
  }

  /// Whether the exchange still runs. A hint: it may end right after.
  var isAlive: Bool { state.withLock { $0.isAlive } }

  /// Queues `body` on the exchange's loop; it does not run when the exchange is over by then. Any thread.
  @discardableResult
  func run(_ body: @escaping @Sendable (Exchange) -> Void) -> Bool {
    guard isAlive else { return false }
    eventLoop.execute {
      if let exchange = self.exchange { body(exchange) }
    }
    return true
  }

  /// Runs `body` at once when the exchange lives. On its loop.
  func runNow(_ body: (Exchange) -> Void) -> Bool {
    guard let exchange else { return false }
    body(exchange)
    return true
  }

  /// The exchange ended. On its loop.
  func invalidate() {
    exchange = nil
    state.withLock {
      $0.isAlive = false
      $0.pending = nil
    }
  }

  // MARK: streamed replies

  /// Adds bytes to the streamed reply. Any thread.
  func write(_ bytes: Slice) -> WriteOutcome {
    let (outcome, mustSchedule) = state.withLock { state -> (WriteOutcome, Bool) in
      guard state.isAlive, !state.isEnded else { return (.over, false) }
      if state.isFull || (state.pending?.readableBytes ?? 0) > Self.writeLimit {
        state.isFull = true
        return (.full, Self.schedule(&state))
      }
      var pending = state.pending ?? ByteBuffer()
      state.pending = nil
      pending.writeBytes(bytes.bytes)
      state.pending = pending
      return (.accepted, Self.schedule(&state))
    }
    if mustSchedule { scheduleDrain() }
    return outcome
  }

  /// Ends the streamed reply. Any thread.
  func end() -> Bool {
    let (isTaken, mustSchedule) = state.withLock { state -> (Bool, Bool) in
      guard state.isAlive, !state.isEnded else { return (false, false) }
      state.isEnded = true
      return (true, Self.schedule(&state))
    }
    if mustSchedule { scheduleDrain() }
    return isTaken
  }

  private static func schedule(_ state: inout State) -> Bool {
    defer { state.isDrainScheduled = true }
    return !state.isDrainScheduled
  }

  private func scheduleDrain() {
    eventLoop.execute { self.drainWrites() }
  }

  /// Hands what was written to the exchange. On its loop.
  func drainWrites() {
    guard let exchange, exchange.phase == .replyStream else {
      // Too early: `beginReplyStream` drains again.
      state.withLock { $0.isDrainScheduled = false }
      return
    }
    let (bytes, isEnded, isFull) = state.withLock { state -> (ByteBuffer?, Bool, Bool) in
      state.isDrainScheduled = false
      defer { state.pending = nil }
      return (state.pending, state.isEnded, state.isFull)
    }
    if let bytes { exchange.writeReplyStream(bytes) }
    if isEnded { return exchange.endReplyStream() }
    guard isFull else { return }
    exchange.replyStream?.isWaitingForRoom = true
    // Room may be there already; asked for on its own turn, so that no hook runs inside a write.
    eventLoop.execute { self.exchange?.replyStreamWritable() }
  }

  /// The client took what was there.
  func makeRoom() {
    state.withLock { $0.isFull = false }
  }
}

extension Exchange {
  /// The exchange's handle for other threads; made when first asked for.
  func makeReference() -> ExchangeRef {
    if let reference { return reference }
    let made = ExchangeRef(self)
    reference = made
    return made
  }
}
