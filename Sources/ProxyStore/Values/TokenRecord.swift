public import ProxyCore

/// An access token as management shows it: everything but its secret.
public struct TokenRecord: Sendable, Equatable {
  /// UUID text, the handle for management.
  public var id: String
  /// `sk-XXXX**************YYYY`, or `sk-**********************` for a token that was stored as a hash only.
  public var maskedToken: String
  /// Project it belongs to.
  public var projectID: String
  /// Free text of whoever made it.
  public var label: String?
  /// When it withers; `nil` is never.
  public var expiresAt: Timestamp?
  /// False once revoked.
  public var isActive: Bool
  /// When it was revoked, when known.
  public var deactivatedAt: Timestamp?
  /// Requests counted, without what this process has leased and not used. Another process's lease counts as
  /// used.
  public var requestCount: Int64
  /// Lifetime limit of requests; `nil` is unlimited.
  public var maxRequests: Int64?
  /// When it was made.
  public var createdAt: Timestamp
  /// When a request was counted last.
  public var lastUsedAt: Timestamp?
  /// Answers from the response cache.
  public var cacheHitCount: Int64
  /// Its policy; a text when it is not one of ours.
  public var policy: JSONValue?
  /// Its metadata; a text when they are not ours.
  public var metadata: JSONValue?
}

/// The outcome of revoking one token.
public struct TokenRevocation: Sendable {
  /// The row after it.
  public var record: TokenRecord
  /// False when it was revoked before and nothing changed.
  public var wasActive: Bool
}
