/// What a token may give to a token it makes: at most what it has.
enum ChildRules {
  /// The creation with everything that was left out taken from the parent.
  ///
  /// A policy need not be taken over: the parent's are in force for its children's requests as they are then.
  ///
  /// - Parameters:
  ///   - wish: the creation as asked for.
  ///   - parent: the token that makes it.
  ///   - policy: what the parent is under, all in all.
  ///   - budgets: those the parent has to fit into.
  /// - Throws: `widerThanParent` naming the field.
  static func narrowed(
    _ wish: TokenCreation, to parent: TokenRecord, under policy: PolicyRules?, _ budgets: [BudgetLimits]
  ) throws(StoreError) -> TokenCreation {
    var child = wish
    child.projectID = parent.projectID
    child.expiresAt = try least(wish.expiresAt, parent.expiresAt, "expires_at")
    // 0 asks for no limit, which is wider than any.
    let isUnlimited = wish.maxRequests == 0
    if isUnlimited, parent.maxRequests != nil { throw .widerThanParent(field: "max_requests") }
    child.maxRequests = try least(isUnlimited ? nil : wish.maxRequests, parent.maxRequests, "max_requests")
    child.idleTimeout = try least(wish.idleTimeout, parent.idleTimeout, "idle_timeout")
    if wish.renewOnUse != nil {
      if parent.renewOnUse != nil {
        child.renewOnUse = try least(wish.renewOnUse, parent.renewOnUse, "renew_on_use")
      }
      child.renewUntil = try least(wish.renewUntil, parent.renewUntil ?? parent.expiresAt, "renew_until")
    }
    if let policy, let member = wish.policy?.memberWider(than: policy) {
      throw .widerThanParent(field: "policy.\(member)")
    }
    // A budget need not be taken over either: a child's requests are charged to its ancestors, too.
    for period in BudgetPeriod.allCases {
      guard let most = budgets.compactMap({ $0[period] }).min(), let wanted = wish.budget?[period] else {
        continue
      }
      guard wanted <= most else { throw .widerThanParent(field: "budget.\(period.rawValue)_micros") }
    }
    return child
  }

  /// The wish, or the parent's value where there is none; `nil` is no bound.
  private static func least<Value: Comparable>(
    _ wish: Value?, _ parent: Value?, _ field: String
  ) throws(StoreError) -> Value? {
    guard let parent else { return wish }
    guard let wish else { return parent }
    guard wish <= parent else { throw .widerThanParent(field: field) }
    return wish
  }
}
