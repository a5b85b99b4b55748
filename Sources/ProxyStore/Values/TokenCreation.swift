public import ProxyCore

/// What a new access token needs.
public struct TokenCreation: Sendable {
  /// An active project.
  public var projectID: String
  /// When it withers, in the future; `nil` is never.
  public var expiresAt: Timestamp?
  /// Lifetime limit of requests, not negative; `nil` and 0 are unlimited.
  public var maxRequests: Int64?
  /// Free text, at most 255 bytes.
  public var label: String?
  /// What narrows it; `nil` is nothing.
  public var policy: PolicyRules?
  /// Metadata, as the headers they require.
  public var metadata: PolicyRules?
  /// Seconds without use after which it withers; `nil` is never.
  public var idleTimeout: Int64?
  /// Seconds that each use gives it from then on; `nil` leaves the expiry alone.
  public var renewOnUse: Int64?
  /// What no renewal goes beyond; `nil` is `Store.longestLifetime` from now.
  public var renewUntil: Timestamp?
  /// Id of the token that makes this one. Then the project is its project, what is left out here is as wide as
  /// there, and nothing may be wider; see `ChildRules`.
  public var parentID: String?
  /// What it may spend; `nil` is no limit.
  public var budget: BudgetLimits?

  /// A new token for a project.
  public init(projectID: String, expiresAt: Timestamp?, maxRequests: Int64? = nil, label: String? = nil) {
    self.projectID = projectID
    self.expiresAt = expiresAt
    self.maxRequests = maxRequests
    self.label = label
  }
}

/// A token just made: the only moment its secret is known.
public struct IssuedToken: Sendable {
  /// The row as stored.
  public var record: TokenRecord
  /// What the client presents; not kept anywhere.
  public var secret: Secret
}
