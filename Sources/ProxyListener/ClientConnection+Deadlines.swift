import ProxyCore
import ProxyPipeline

/// What a connection does about time.
extension ClientConnection {
  /// Looks at the deadlines of this connection; called about once a second.
  func tick(_ now: UInt64, _ timeouts: ClientTimeouts) {
    switch phase {
    case .head:
      if headStarted != 0 {
        if now &- headStarted > timeouts.head { headTimedOut() }
      } else if now &- lastActivity > timeouts.keepAliveIdle {
        close()
      }
    case .draining:
      if now &- lastActivity > timeouts.bodyIdle { close() }
    case .exchange, .control:
      if !isWritable, now &- lastActivity > timeouts.writeIdle { return close() }
      if let exchange, exchange.acceptsBody, !body.isComplete, isReading, isWritable,
        now &- lastActivity > timeouts.bodyIdle
      {
        exchange.bodyTimedOut()
      }
    case .lingering, .closed: break
    }
  }

  /// During a drain: nothing runs here, so nobody will miss the connection.
  func closeIfIdle() {
    if phase == .head, headStarted == 0 { close() }
  }
}
