/// Step 4: how tokens wither beyond an expiry and a count, and which token made them.
extension Schema {
  /// Columns of `tokens`.
  static let witheringColumns: [(column: String, declaration: String)] = [
    ("idle_seconds", "INTEGER"), ("renew_seconds", "INTEGER"), ("renew_until", "DATETIME"),
    ("parent_id", "TEXT"),
  ]

  static let witheringIndexes = """
    CREATE INDEX llmp_tokens_parent ON tokens(parent_id, created_at, id) WHERE parent_id IS NOT NULL;
    CREATE INDEX llmp_tokens_idle ON tokens(idle_seconds) WHERE idle_seconds IS NOT NULL;
    """
}
