/// An answer the gateway gives by itself, in the vocabulary of the OpenAI API.
///
/// `code` is the stable part that programs match on; `message` is for people and may be reworded.
public struct GatewayFault: Error, Equatable, Sendable {
  /// HTTP status sent to the client.
  public let status: UInt16
  /// OpenAI `error.type`, such as `invalid_request_error`.
  public let type: String
  /// Stable identifier, such as `endpoint_not_found`.
  public let code: String
  /// One sentence: what failed and what to do.
  public let message: String
  /// Whether an SDK may try again: `false` adds `x-should-retry: false`.
  public let mayRetry: Bool

  /// Creates a fault; use the named ones where one fits.
  public init(_ status: UInt16, type: String, code: String, _ message: String, mayRetry: Bool = true) {
    self.status = status
    self.type = type
    self.code = code
    self.message = message
    self.mayRetry = mayRetry
  }
}

extension GatewayFault {
  /// No stage of the chain forwarded or answered.
  public static let notForwarded = GatewayFault(
    404, type: "invalid_request_error", code: "not_forwarded",
    "No stage of the pipeline forwards this request; add core.forward to it", mayRetry: false)
  /// A stage failed and is configured to fail closed.
  public static let stageFailed = GatewayFault(
    502, type: "server_error", code: "stage_failed", "A stage of the pipeline failed")
  /// A stage paused longer than its `timeout_ms`.
  public static let stageTimeout = GatewayFault(
    504, type: "server_error", code: "stage_timeout", "A stage of the pipeline did not answer in time")
  /// The token's `max_requests` is used up.
  public static let usedUp = GatewayFault(
    429, type: "insufficient_quota", code: "rate_limit_exceeded",
    "Rate limit exceeded\nThe requests of this access token (max_requests) are used up.", mayRetry: false)
  /// The state behind the token could not be reached.
  public static let storeUnavailable = GatewayFault(
    503, type: "server_error", code: "service_unavailable", "Service temporarily unavailable")
  /// A policy says something that no stage of the chain has seen to.
  public static let policyNotApplied = GatewayFault(
    503, type: "server_error", code: "policy_not_applied",
    "A policy of this project or token cannot be applied: the pipeline lacks the stage that does, or it failed",
    mayRetry: false)
  /// The provider refused the connection, broke it, or answered something that is not HTTP.
  public static let upstreamFailed = GatewayFault(
    502, type: "server_error", code: "upstream_error", "Proxy error")
  /// The provider did not answer in time.
  public static let upstreamTimeout = GatewayFault(
    504, type: "server_error", code: "timeout", "Request timeout")
  /// The request's body is over `limits.request_body_bytes`.
  public static let bodyTooLarge = GatewayFault(
    413, type: "invalid_request_error", code: "request_too_large",
    "The request body is larger than this gateway accepts (limits.request_body_bytes)", mayRetry: false)
  /// The client stopped sending before the body was whole.
  public static let requestTimeout = GatewayFault(
    408, type: "invalid_request_error", code: "request_timeout", "The request did not arrive in time")
  /// Bodies held in all exchanges together are over `limits.held_body_bytes`.
  public static let overloaded = GatewayFault(
    503, type: "server_error", code: "overloaded", "The gateway holds too many request bodies; try again")
  /// The process is draining.
  public static let shuttingDown = GatewayFault(
    503, type: "server_error", code: "shutting_down", "The gateway is shutting down; try again")
}
