/// A connection being opened on behalf of an exchange. Loop-confined.
///
/// Cancelling does not stop the connect: what comes of it serves the next exchange.
public final class PendingConnect {
  private var exchange: (any UpstreamExchange)?

  init(_ exchange: any UpstreamExchange) {
    self.exchange = exchange
  }

  /// The exchange no longer waits; it will not be called.
  public func cancel() {
    exchange = nil
  }

  func takeExchange() -> (any UpstreamExchange)? {
    defer { exchange = nil }
    return exchange
  }
}
