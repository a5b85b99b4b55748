public import ProxyCore

/// A project as management shows it: everything but the provider key in clear.
public struct ProjectRecord: Sendable, Equatable {
  /// UUID text.
  public var id: String
  /// Unique among projects that are not deleted.
  public var name: String
  /// The provider key with its middle hidden (`sk-upstr...cdef`), or empty when it cannot be read.
  public var maskedProviderKey: String
  /// False when the key is sealed and the configured `ENCRYPTION_KEY` does not open it.
  public var isProviderKeyReadable: Bool
  /// False stops its traffic and new tokens.
  public var isActive: Bool
  /// Since when it is inactive.
  public var deactivatedAt: Timestamp?
  /// When it was created.
  public var createdAt: Timestamp
  /// When a field of it was changed last.
  public var updatedAt: Timestamp
  /// Its policy; a text when it is not one of ours.
  public var policy: JSONValue?
  /// Its metadata; a text when they are not ours.
  public var metadata: JSONValue?
  /// What it may spend; `nil` is no limit.
  public var budget: BudgetLimits?
  /// What was spent of the budget, as far as it is written; nothing without one.
  public var spent = BudgetSpent()
}

/// What a bulk revocation found and did.
public struct RevocationCounts: Sendable, Equatable {
  /// Tokens that were active and are revoked now.
  public var revoked: Int
  /// Tokens that were revoked before.
  public var alreadyRevoked: Int
  /// All tokens of the project.
  public var total: Int
}
