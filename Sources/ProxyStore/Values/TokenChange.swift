/// A change of one field that can also be emptied.
public enum FieldChange<Value: Sendable>: Sendable {
  /// Leaves the field as it is.
  case keep
  /// Empties the field: no limit, no expiry, no label.
  case clear
  /// Gives the field a new value.
  case set(Value)
}

/// Fields of an access token to change. The request count is not among them: it only grows by use.
public struct TokenChange: Sendable {
  /// Revokes or re-activates; `nil` keeps.
  public var isActive: Bool?
  /// New lifetime limit, not negative; 0 is unlimited.
  public var maxRequests: FieldChange<Int64>
  /// New expiry; a moment in the past withers it now.
  public var expiresAt: FieldChange<Timestamp>
  /// New label.
  public var label: FieldChange<String>
  /// New policy.
  public var policy: FieldChange<PolicyRules> = .keep
  /// New metadata, as the headers they require.
  public var metadata: FieldChange<PolicyRules> = .keep
  /// New seconds without use, positive.
  public var idleTimeout: FieldChange<Int64> = .keep
  /// New seconds that each use gives, positive; clearing it also clears `renewUntil`.
  public var renewOnUse: FieldChange<Int64> = .keep
  /// New bound of renewing; an expiry beyond it comes down to it.
  public var renewUntil: FieldChange<Timestamp> = .keep
  /// New budget.
  public var budget = FieldChange<BudgetLimits>.keep

  /// Changes the given fields only.
  public init(
    isActive: Bool? = nil, maxRequests: FieldChange<Int64> = .keep, expiresAt: FieldChange<Timestamp> = .keep,
    label: FieldChange<String> = .keep
  ) {
    self.isActive = isActive
    self.maxRequests = maxRequests
    self.expiresAt = expiresAt
    self.label = label
  }
}
