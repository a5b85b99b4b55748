import ProxyCore
import ProxyPipeline

/// What a connection does about time.
extension ClientConnection {
  /// Looks at the deadlines of this connection; called about once a second.
  func tick(_ now: UInt64, _ timeouts: ClientTimeouts) {
    switch phase {
    case .head where !isWritable:
      if isStuck(timeouts, now) { close() }
    case .head:
      if headStarted != 0 {
        if Self.isLonger(timeouts.head, headStarted, now) { headTimedOut() }
      } else if Self.isLonger(timeouts.keepAliveIdle, lastActivity, now) {
        close()
      }
    case .draining:
      if Self.isLonger(timeouts.bodyIdle, lastActivity, now) { close() }
    case .exchange, .control:
      if !isWritable, isStuck(timeouts, now) { return close() }
      if exchange?.acceptsBody ?? control?.acceptsBody ?? false, !body.isComplete, isReading, isWritable,
        Self.isLonger(timeouts.bodyIdle, lastActivity, now)
      {
        exchange?.bodyTimedOut()
        control?.bodyTimedOut()
      }
    case .lingering:
      if !outbox.isSent, isStuck(timeouts, now) { close() }
    case .closed: break
    }
  }

  /// Whether the client takes nothing of what waits for it. A slow one takes some between two ticks, and may take
  /// long until the channel is writable again.
  private func isStuck(_ timeouts: ClientTimeouts, _ now: UInt64) -> Bool {
    let waiting = try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)  // nil: it is closing
    if let waiting, waiting != untakenBytes {
      untakenBytes = waiting
      lastActivity = now
    }
    return Self.isLonger(timeouts.writeIdle, lastActivity, now)
  }

  /// Whether more than `limit` has passed. `since` may lie a little after `now`, which is the time of the tick.
  private static func isLonger(_ limit: UInt64, _ since: UInt64, _ now: UInt64) -> Bool {
    now > since && now - since > limit
  }

  /// During a drain: nothing runs here, so nobody will miss the connection once its answers have been sent.
  func closeIfIdle() {
    if phase == .head, headStarted == 0 { linger() }
  }
}
