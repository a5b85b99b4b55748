internal import GRDB

/// Takes old rows out of the ledger, a few at a time, so that no transaction is long and the write-ahead log
/// stays small. The writer only.
struct UsageRetention {
  /// Rows of one transaction; they take some milliseconds.
  static let batch = 1000

  /// Age of entries; `nil` keeps them.
  var entriesMilliseconds: Int64?
  /// Age of roll-ups; `nil` keeps them.
  var rollupsMilliseconds: Int64?

  init(_ options: StoreOptions) {
    entriesMilliseconds = options.usageRetention?.milliseconds
    rollupsMilliseconds = options.rollupRetention?.milliseconds
  }

  /// Deletes one batch of what is too old at `now`; true when there may be more.
  func trim(now: Int64, _ db: Database) throws -> Bool {
    var deleted = 0
    if let age = entriesMilliseconds {
      try db.execute(
        sql: """
          DELETE FROM usage_entries WHERE id IN
            (SELECT id FROM usage_entries WHERE started_ms < ? ORDER BY started_ms LIMIT \(Self.batch))
          """, arguments: [now - age])
      deleted = db.changesCount
    }
    guard let age = rollupsMilliseconds, deleted < Self.batch else { return deleted == Self.batch }
    for (table, unit) in [
      ("usage_hours", UsageRollup.hourMilliseconds), ("usage_days", UsageRollup.dayMilliseconds),
    ] {
      try db.execute(
        sql: """
          DELETE FROM \(table)
          WHERE (period, project_id, token_id, model, provider, status_class) IN
            (SELECT period, project_id, token_id, model, provider, status_class FROM \(table)
             WHERE period < ? ORDER BY period LIMIT \(Self.batch))
          """, arguments: [(now - age) / unit])
      deleted = max(deleted, db.changesCount)
    }
    return deleted == Self.batch
  }
}
