public import ProxyWire

/// Why an attempt at a provider broke.
public enum UpstreamError: Error, Sendable {
  /// No connection: refused, unreachable, name not found, or the TLS handshake failed.
  case connect(String)
  /// Connecting or the handshake took too long.
  case connectTimeout
  /// The peer closed before the first byte of its answer.
  case closedBeforeHead
  /// The peer closed, or the connection broke, in the middle of its answer.
  case truncated
  /// The answer is not HTTP/1.1 as we are willing to read it.
  case malformed(WireError)
  /// The head did not come in time.
  case firstByteTimeout
  /// Nothing came for too long in the middle of the answer.
  case idleTimeout
  /// The whole attempt took longer than its limit.
  case totalTimeout

  /// True when the client should hear 504 rather than 502.
  public var isTimeout: Bool {
    switch self {
    case .connectTimeout, .firstByteTimeout, .idleTimeout, .totalTimeout: true
    case .connect, .closedBeforeHead, .truncated, .malformed: false
    }
  }

  /// What the system or the TLS library said, for logs; empty when the label says it all.
  public var detail: String {
    switch self {
    case .connect(let text): text
    case .malformed(let error): "\(error.reason)"
    default: ""
    }
  }

  /// Constant text for logs and metrics labels.
  public var label: String {
    switch self {
    case .connect: "connect"
    case .connectTimeout: "connect_timeout"
    case .closedBeforeHead: "closed_before_head"
    case .truncated: "truncated"
    case .malformed: "malformed"
    case .firstByteTimeout: "first_byte_timeout"
    case .idleTimeout: "idle_timeout"
    case .totalTimeout: "total_timeout"
    }
  }
}
