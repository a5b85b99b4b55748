internal import GRDB

/// Removal of old events, so that what is left still verifies: the last event removed and its hash become the
/// anchor of the chain, and an event in the chain itself says so. Whoever removes events by hand can move the
/// anchor, and cannot write that event without the chain showing it.
extension AuditChain {
  /// What the event that records a removal is called.
  static let removal = "audit.prune"
  /// Actions that only the database knows of: they happen to it and not through the management API.
  static let inward: Set<String> = [
    removal, resumption, "key.rotate", "key.seal", "database.restore", "database.migrate_down",
  ]

  /// Records what an operator did to the file itself; nothing in a file that has no chain (yet, or any more).
  static func note(_ action: String, _ metadata: String, _ db: Database) throws {
    guard try Migrator.exists("llmp_audit_chain", db) else { return }
    var record = AuditRecord(action: action, actor: "system", outcome: .success)
    record.metadata = metadata
    try append([record], db)
  }

  /// Removes the oldest events, all from before `cutoff`, at most `most` of the chain and as many outside of it.
  ///
  /// - Returns: how many are gone.
  static func prune(before cutoff: Timestamp, most: Int, _ db: Database) throws -> Int {
    let text = cutoff.databaseText
    // Times of the Go program are written in other ways that begin with the date: its index finds what is old.
    try db.execute(
      sql: """
        DELETE FROM audit_events WHERE rowid IN (
          SELECT rowid FROM audit_events
          WHERE timestamp < date(?1, '+1 day') AND chain_index IS NULL
            AND julianday(timestamp) < julianday(?1) LIMIT ?2)
        """, arguments: [text, most])
    let unchained = db.changesCount
    let anchor = try anchor(db)
    let head = try head(db)
    // Events of several processes may stand a little out of order: the chain is cut before the first one that
    // stays.
    let kept =
      try Int64.fetchOne(
        db,
        sql: """
          SELECT chain_index FROM audit_events INDEXED BY llmp_audit_chain_index
          WHERE chain_index > ? AND timestamp >= ? ORDER BY chain_index LIMIT 1
          """,
        arguments: [anchor.index, text]) ?? head.index + 1
    let last = min(kept - 1, anchor.index + Int64(most))
    guard last > anchor.index,
      let hash = try String.fetchOne(
        db, sql: "SELECT chain_hash FROM audit_events WHERE chain_index = ?", arguments: [last])
    else { return unchained }
    try db.execute(sql: "DELETE FROM audit_events WHERE chain_index <= ?", arguments: [last])
    let removed = unchained + db.changesCount
    try db.execute(
      sql: "UPDATE llmp_audit_chain SET anchor_index = ?, anchor_hash = ? WHERE id = 1",
      arguments: [last, hash])
    var record = AuditRecord(action: removal, actor: "system", outcome: .success)
    record.reason = "retention"
    record.metadata = "{\"removed\":\(removed),\"anchor_index\":\(last),\"anchor_hash\":\"\(hash)\"}"
    try append([record], db)
    return removed
  }

  /// Where the chain begins: the last event removed, and its hash.
  static func anchor(_ db: Database) throws -> (index: Int64, hash: String) {
    // A file that was not migrated yet has no such columns, and nothing was ever removed from it.
    guard try Migrator.columns(of: "llmp_audit_chain", db).contains("anchor_index"),
      let row = try Row.fetchOne(
        db, sql: "SELECT anchor_index, anchor_hash FROM llmp_audit_chain WHERE id = 1")
    else { return (0, "") }
    return (row["anchor_index"], row["anchor_hash"])
  }

  /// What is wrong when the chain does not begin at its first event and no event in it says why.
  static func unexplained(_ anchor: (index: Int64, hash: String), _ db: Database) throws -> String? {
    guard anchor.index > 0 else { return nil }
    let newest = try String.fetchOne(
      db,
      sql: """
        SELECT metadata FROM audit_events WHERE action = ? AND chain_index IS NOT NULL
        ORDER BY chain_index DESC LIMIT 1
        """, arguments: [removal])
    if newest?.contains("\"anchor_index\":\(anchor.index),\"anchor_hash\":\"\(anchor.hash)\"") == true {
      return nil
    }
    return
      "events up to \(anchor.index) are missing, and no event in the chain says that retention removed them"
  }
}
