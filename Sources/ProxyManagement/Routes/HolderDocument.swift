import ProxyStore

/// What the holder of an access token sees of it: its limits as they bind, those of its ancestors included.
struct HolderDocument {
  /// The token and those it descends from, itself first; not empty.
  let lineage: [TokenRecord]
  let project: ProjectRecord
  /// What its requests are under, all in all.
  let policy: PolicyRules?

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
      "usage": ["requests": .integer(token.requestCount)],
      "parent_id": .optional(token.parentID), "created_at": .string(token.createdAt.rfc3339),
      "last_used_at": .optional(token.lastUsedAt?.rfc3339),
    ]
  }

  private func earliest(_ moment: (TokenRecord) -> Timestamp?) -> String? {
    lineage.compactMap(moment).min()?.rfc3339
  }
}
