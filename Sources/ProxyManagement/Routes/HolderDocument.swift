import ProxyStore

/// What the holder of an access token sees of it: its limits as they bind, those of its ancestors included.
struct HolderDocument {
  /// The token and those it descends from, itself first; not empty.
  let lineage: [TokenRecord]
  let project: ProjectRecord
  /// What its requests are under, all in all.
  let policy: PolicyRules?
  /// What its own requests used.
  let usage: UsageReport

  private var token: TokenRecord { lineage[0] }

  var document: JSONValue {
    [
      "id": .string(token.id), "label": .optional(token.label),
      "project": ["id": .string(project.id), "name": .string(project.name)],
      "expires_at": .optional(earliest(\.expiresAt)),
      "idle_expires_at": .optional(earliest(\.idleExpiresAt)),
      "renew_until": .optional(token.renewUntil?.rfc3339),
      "idle_timeout": token.idleTimeout.map { .integer($0) } ?? .null,
      "renew_on_use": token.renewOnUse.map { .integer($0) } ?? .null,
      "one_shot": .bool(token.isOneShot),
      "max_requests": token.maxRequests.map { .integer($0) } ?? .null,
      "request_count": .integer(token.requestCount),
      "remaining_requests": lineage.compactMap(\.remainingRequests).min().map { .integer($0) } ?? .null,
      "is_active": .bool(token.isActive),
      "policy": policy?.document ?? .null,
      "budget": budget,
      "usage": [
        "requests": .integer(usage.totals.requests), "input_tokens": .integer(usage.totals.counts.input),
        "output_tokens": .integer(usage.totals.counts.output),
        "cost_micros": usage.totals.costMicros.map { .integer($0) } ?? .null,
        "currency": .string(usage.currency),
      ],
      "parent_id": .optional(token.parentID), "created_at": .string(token.createdAt.rfc3339),
      "last_used_at": .optional(token.lastUsedAt?.rfc3339),
    ]
  }

  /// Its own limits and what was spent of them, and what all budgets that bind it leave; `null` without any.
  private var budget: JSONValue {
    var remaining: [JSONValue.Member] = []
    for period in BudgetPeriod.allCases {
      let budgets = lineage.map { ($0.budget, $0.spent) } + [(project.budget, project.spent)]
      let left = budgets.compactMap { limits, spent in limits?[period].map { max(0, $0 - spent[period]) } }
      if let least = left.min() {
        remaining.append(.init(name: "\(period.rawValue)_micros", value: .integer(least)))
      }
    }
    guard !remaining.isEmpty else { return .null }
    let own = BudgetFields.document(token.budget ?? BudgetLimits(), spent: token.spent)
    return own.adding([.init(name: "remaining", value: .object(remaining))])
  }

  private func earliest(_ moment: (TokenRecord) -> Timestamp?) -> String? {
    lineage.compactMap(moment).min()?.rfc3339
  }
}
