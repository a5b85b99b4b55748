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
  /// Seconds without use after which it withers; `nil` is never.
  public var idleTimeout: Int64?
  /// Seconds that each use gives it from then on; `nil` leaves the expiry alone.
  public var renewOnUse: Int64?
  /// What no renewal goes beyond.
  public var renewUntil: Timestamp?
  /// Id of the token that made it; `nil` for one made by management.
  public var parentID: String?

  /// True when it is good for a single request.
  public var isOneShot: Bool { maxRequests == 1 }

  /// When it withers if it is not used from now on; `nil` without idle expiry.
  public var idleExpiresAt: Timestamp? {
    idleTimeout.map { (lastUsedAt ?? createdAt).advanced(by: .seconds($0)) }
  }

  /// Requests left of its own limit; `nil` is unlimited.
  public var remainingRequests: Int64? { maxRequests.map { max(0, $0 - requestCount) } }
  /// What it may spend; `nil` is no limit.
  public var budget: BudgetLimits?
  /// What was spent of the budget, as far as it is written; nothing without one.
  public var spent = BudgetSpent()
}

/// The outcome of revoking one token.
public struct TokenRevocation: Sendable {
  /// The row after it.
  public var record: TokenRecord
  /// False when it was revoked before and nothing changed.
  public var wasActive: Bool
  /// Descendants that were revoked with it.
  public var descendants: Int
}
