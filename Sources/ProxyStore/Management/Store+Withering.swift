internal import GRDB

extension Store {
  /// Longest time without use, longest renewal, and the bound of renewing when none is given: 365 days.
  public static let longestLifetime: Duration = .seconds(31_536_000)

  static func checkWithering(of creation: TokenCreation) throws(StoreError) {
    try checkSpan(creation.idleTimeout, "idle_timeout")
    try checkSpan(creation.renewOnUse, "renew_on_use")
    try checkBound(creation.renewUntil)
    if creation.renewUntil != nil, creation.renewOnUse == nil {
      throw .invalid(field: "renew_until", reason: "needs renew_on_use")
    }
  }

  static func checkWithering(of change: TokenChange) throws(StoreError) {
    if case .set(let seconds) = change.idleTimeout { try checkSpan(seconds, "idle_timeout") }
    if case .set(let seconds) = change.renewOnUse { try checkSpan(seconds, "renew_on_use") }
    if case .set(let moment) = change.renewUntil { try checkBound(moment) }
  }

  /// What a creation comes to: a child is narrowed to its parent, renewing gets its bound, and no expiry lies
  /// beyond that.
  static func completed(_ wish: TokenCreation, _ directory: Directory, _ db: Database) throws -> TokenCreation
  {
    var creation = wish
    if let parentID = wish.parentID {
      let parent = try TokenRecord.fetch(.id(parentID), directory, db)
      guard parent.isActive else { throw StoreError.notFound }
      let holder = try token(id: parentID, directory, db)
      creation = try ChildRules.narrowed(
        wish, to: parent, under: holder.effectivePolicy, holder.budgets.map(\.limits))
      try makeRoom(under: parent, db)
    }
    guard creation.renewOnUse != nil else { return creation }
    guard let expiry = creation.expiresAt else { throw needsExpiry }
    let bound = creation.renewUntil ?? .now().advanced(by: longestLifetime)
    creation.renewUntil = bound
    creation.expiresAt = min(expiry, bound)
    return creation
  }

  /// What a change comes to on this token.
  static func completed(_ wish: TokenChange, of old: TokenRecord) throws -> TokenChange {
    if case .keep = wish.expiresAt, case .keep = wish.renewOnUse, case .keep = wish.renewUntil { return wish }
    var change = wish
    guard wish.renewOnUse.applied(to: old.renewOnUse) != nil else {
      if case .set = wish.renewUntil {
        throw StoreError.invalid(field: "renew_until", reason: "needs renew_on_use")
      }
      change.renewUntil = .clear
      return change
    }
    guard let expiry = wish.expiresAt.applied(to: old.expiresAt) else { throw needsExpiry }
    let bound = wish.renewUntil.applied(to: old.renewUntil) ?? .now().advanced(by: longestLifetime)
    change.renewUntil = .set(bound)
    if expiry > bound { change.expiresAt = .set(bound) }
    return change
  }

  private static let needsExpiry = StoreError.invalid(
    field: "renew_on_use", reason: "needs an expiry to move")

  private static func checkSpan(_ seconds: Int64?, _ field: String) throws(StoreError) {
    guard let seconds else { return }
    guard seconds >= 1 else { throw .invalid(field: field, reason: "must be at least one second") }
    guard seconds <= longestLifetime.components.seconds else {
      throw .invalid(field: field, reason: "must be at most 365 days")
    }
  }

  private static func checkBound(_ moment: Timestamp?) throws(StoreError) {
    if let moment, moment <= .now() { throw .invalid(field: "renew_until", reason: "must be in the future") }
  }
}

extension FieldChange {
  /// The field after the change.
  func applied(to old: Value?) -> Value? {
    switch self {
    case .keep: old
    case .clear: nil
    case .set(let value): value
    }
  }
}
