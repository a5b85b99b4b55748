internal import GRDB

/// Rows of `usage_holds`.
enum BudgetHold {
  /// Adds to what `holder` holds of a budget (takes away, when negative); a row of nothing goes.
  static func change(by micros: Int64, _ key: BudgetKey, holder: Int64, _ db: Database) throws {
    guard micros != 0 else { return }
    let statement = try RawStatement(
      db,
      """
      INSERT INTO usage_holds VALUES (?1, ?2, ?3, ?4)
      ON CONFLICT DO UPDATE SET held_micros = held_micros + excluded.held_micros
      """)
    bind(key, holder, statement)
    statement.bind(micros, at: 4)
    try statement.run()
    let clean = try RawStatement(
      db, "DELETE FROM usage_holds WHERE scope = ? AND id = ? AND holder = ? AND held_micros = 0")
    bind(key, holder, clean)
    try clean.run()
  }

  /// What this process and all living ones hold of a budget. Rows of processes that are gone are removed: what they had
  /// charged is in the balances, the rest was never spent.
  static func total(_ key: BudgetKey, _ holder: Holder, _ db: Database) throws -> (own: Int64, all: Int64) {
    var rows: [(holder: Int64, held: Int64)] = []
    let read = try RawStatement(
      db, "SELECT holder, held_micros FROM usage_holds WHERE scope = ? AND id = ?")
    read.bind(key.scope.rawValue, at: 1)
    read.bind(key.id, at: 2)
    while try read.step() { rows.append((read.integer(0), read.integer(1))) }
    var total: Int64 = 0
    var own: Int64 = 0
    for row in rows {
      if row.holder == holder.number {
        own = row.held
        total = total.addingSaturated(own)
      } else if holder.isAlive(row.holder) {
        // A charge beyond what was held is in the balance already: it must not make room here.
        total = total.addingSaturated(max(0, row.held))
      } else {
        let delete = try RawStatement(
          db, "DELETE FROM usage_holds WHERE scope = ? AND id = ? AND holder = ?")
        bind(key, row.holder, delete)
        try delete.run()
      }
    }
    return (own, total)
  }

  /// Removes the rows of all processes that are gone.
  static func removeDead(_ holder: Holder, _ db: Database) throws {
    let others = try Int64.fetchAll(
      db, sql: "SELECT DISTINCT holder FROM usage_holds WHERE holder <> ?", arguments: [holder.number])
    for other in others where !holder.isAlive(other) {
      try db.execute(sql: "DELETE FROM usage_holds WHERE holder = ?", arguments: [other])
    }
  }

  private static func bind(_ key: BudgetKey, _ holder: Int64, _ statement: RawStatement) {
    statement.bind(key.scope.rawValue, at: 1)
    statement.bind(key.id, at: 2)
    statement.bind(holder, at: 3)
  }
}
