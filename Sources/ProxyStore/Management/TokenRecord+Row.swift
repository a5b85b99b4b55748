internal import GRDB
internal import ProxyCore

extension TokenRecord {
  static let columns = """
    id, token, token_mask, project_id, label, expires_at, is_active, deactivated_at, request_count, \
    max_requests, created_at, last_used_at, cache_hit_count, policy, metadata, \
    idle_seconds, renew_seconds, renew_until, parent_id, budget, \
    \(UsageBalance.column(.token, of: "tokens")) AS balance
    """
  static let selection = "SELECT \(columns) FROM tokens"

  static func fetch(_ reference: TokenReference, _ directory: Directory, _ db: Database) throws -> TokenRecord
  {
    let row =
      switch reference {
      case .id(let id): try Row.fetchOne(db, sql: selection + " WHERE id = ?", arguments: [id])
      case .secret(let secret):
        try Row.fetchOne(
          db, sql: selection + " WHERE token = ?",
          arguments: [secret.withUnsafeBytes { TokenHash(secret: $0) }.hex])
      }
    guard let row else { throw StoreError.notFound }
    return TokenRecord(row, directory)
  }

  init(_ row: Row, _ directory: Directory) {
    id = row["id"] ?? ""
    maskedToken = row["token_mask"] ?? TokenSecret.unknownMask
    projectID = row["project_id"] ?? ""
    label = row["label"]
    expiresAt = row.moment("expires_at")
    isActive = row["is_active"] ?? false
    deactivatedAt = row.moment("deactivated_at")
    let limit: Int64? = row["max_requests"]
    maxRequests = limit.flatMap { $0 > 0 ? $0 : nil }
    createdAt = row.moment("created_at") ?? Timestamp(seconds: 0)
    requestCount = row["request_count"] ?? 0
    lastUsedAt = row.moment("last_used_at")
    cacheHitCount = row["cache_hit_count"] ?? 0
    policy = JSONValue(column: row["policy"])
    metadata = JSONValue(column: row["metadata"])
    // A shell may have written anything there.
    idleTimeout = Int64.fromDatabaseValue(row["idle_seconds"])
    renewOnUse = Int64.fromDatabaseValue(row["renew_seconds"])
    renewUntil = row.moment("renew_until")
    parentID = row["parent_id"]
    budget = BudgetLimits(column: row["budget"])
    spent = UsageBalance(column: row["balance"]).spentNow
    let written = lastUsedAt
    let hash: String = row["token"] ?? ""
    guard let token = hash.tokenHash.flatMap({ directory.token($0) }) else { return }
    (requestCount, lastUsedAt) = token.overlay(count: requestCount, lastUsed: lastUsedAt)
    cacheHitCount += token.unwrittenCacheHits
    if let lastUsedAt, lastUsedAt > written ?? Timestamp(seconds: 0) { renew(byUseAt: lastUsedAt) }
  }

  /// Moves the expiry by a use that the file does not know yet.
  private mutating func renew(byUseAt use: Timestamp) {
    guard let renewOnUse, let expiry = expiresAt?.milliseconds else { return }
    let moved = TokenWithering.expiry(
      expiry, afterUseAt: use.milliseconds, renew: WitheringRow.milliseconds(renewOnUse),
      until: renewUntil?.milliseconds ?? .max)
    if moved > expiry { expiresAt = Timestamp(milliseconds: moved) }
  }
}
