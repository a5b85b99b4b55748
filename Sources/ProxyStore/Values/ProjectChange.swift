public import ProxyCore

/// What a new project needs.
public struct ProjectCreation: Sendable {
  /// Not empty, at most 255 bytes.
  public var name: String
  /// The provider's key; not empty. Sealed before it is stored when the store has a sealing key.
  public var providerKey: Secret
  /// What narrows all of its tokens; `nil` is nothing.
  public var policy: PolicyRules?
  /// Metadata, as the headers they require.
  public var metadata: PolicyRules?
  /// What it may spend; `nil` is no limit.
  public var budget: BudgetLimits?

  /// A new project of this name and key.
  public init(name: String, providerKey: Secret, budget: BudgetLimits? = nil) {
    self.name = name
    self.providerKey = providerKey
    self.budget = budget
  }
}

/// Fields of a project to change; `nil` keeps the field as it is.
public struct ProjectChange: Sendable {
  /// New name, not empty.
  public var name: String?
  /// New provider key, in force for the next request. An empty one keeps the old.
  public var providerKey: Secret?
  /// Activates or deactivates.
  public var isActive: Bool?
  /// Also revokes all tokens of a project that this change deactivates.
  public var revokesTokens: Bool
  /// New policy.
  public var policy: FieldChange<PolicyRules> = .keep
  /// New metadata, as the headers they require.
  public var metadata: FieldChange<PolicyRules> = .keep
  /// New budget.
  public var budget = FieldChange<BudgetLimits>.keep

  /// Changes the given fields only.
  public init(
    name: String? = nil, providerKey: Secret? = nil, isActive: Bool? = nil, revokesTokens: Bool = false
  ) {
    self.name = name
    self.providerKey = providerKey
    self.isActive = isActive
    self.revokesTokens = revokesTokens
  }
}
