internal import GRDB

/// The columns of a token that traffic needs, as read by `selection`.
struct TokenRow: Sendable {
  var hash: TokenHash
  /// The id when it is UUID text; otherwise it is in `oddID`.
  var idBits: UUIDBits?
  var oddID: String?
  /// Milliseconds since the Unix epoch; `.max` is never.
  var expires: Int64
  var isActive: Bool
  var requestCount: Int64
  /// 0 is unlimited.
  var limit: Int64
  var label: String?
  /// The `policy` column.
  var policy: String?
  /// The `metadata` column.
  var metadata: String?
  /// What few tokens have; `nil` for all others.
  var withering: WitheringRow?
  var budget: BudgetLimits?
}

extension TokenRow {
  static let selection = """
    SELECT token, id, expires_at, is_active, request_count, max_requests, label, project_id, policy, metadata,
      idle_seconds, renew_seconds, renew_until, parent_id, last_used_at, created_at,
      CASE WHEN parent_id IS NOT NULL THEN
        (SELECT parent.token FROM tokens AS parent WHERE parent.id = tokens.parent_id) END,
      budget
    FROM tokens
    """
  static let projectColumn: Int32 = 7

  /// Reads the current row of `selection`; `nil` when its `token` column holds nothing that a client could
  /// present.
  init?(_ statement: RawStatement) {
    guard let hash = TokenHash(column: statement.bytes(0)) else { return nil }
    self.hash = hash
    idBits = UUIDText.parse(statement.bytes(1))
    // All zeros stands for "not a UUID" in the directory.
    if idBits == UUIDBits(high: 0, low: 0) { idBits = nil }
    if idBits == nil { oddID = statement.text(1) }
    // A time that cannot be read withers the token: the safe side.
    expires = statement.isNull(2) ? .max : statement.moment(2)?.milliseconds ?? 0
    isActive = statement.integer(3) != 0
    requestCount = statement.integer(4)
    limit = max(0, statement.integer(5))
    label = statement.text(6)
    policy = statement.text(8)
    metadata = statement.text(9)
    withering = WitheringRow(statement)
    budget = BudgetLimits(column: statement.text(17))
  }
}
