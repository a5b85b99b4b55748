import ProxyCore
import ProxyStore

extension TokenRecord {
  /// The token as clients see it; every key is always there.
  var document: JSONValue {
    let members: JSONValue = [
      "id": .string(id), "token": .string(maskedToken), "project_id": .string(projectID),
      "expires_at": .optional(expiresAt?.rfc3339), "is_active": .bool(isActive),
      "request_count": .integer(requestCount), "max_requests": maxRequests.map { .integer($0) } ?? .null,
      "created_at": .string(createdAt.rfc3339), "last_used_at": .optional(lastUsedAt?.rfc3339),
      "cache_hit_count": .integer(cacheHitCount), "label": .optional(label),
      "deactivated_at": .optional(deactivatedAt?.rfc3339), "policy": policy ?? .null,
      "metadata": metadata ?? .null, "budget": BudgetFields.document(budget, spent: spent),
    ]
    return members.adding(witheringMembers)
  }
}

extension IssuedToken {
  /// The token as its maker sees it, once, with its secret.
  var document: JSONValue {
    let members: JSONValue = [
      "id": .string(record.id), "token": .string(secret.revealText()),
      "project_id": .string(record.projectID), "expires_at": .optional(record.expiresAt?.rfc3339),
      "max_requests": record.maxRequests.map { .integer($0) } ?? .null, "label": .optional(record.label),
      "policy": record.policy ?? .null, "metadata": record.metadata ?? .null,
      "budget": BudgetFields.document(record.budget, spent: record.spent),
    ]
    return members.adding(record.witheringMembers)
  }
}
