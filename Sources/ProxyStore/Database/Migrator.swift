internal import GRDB
internal import ProxyCore

/// Brings a file to the schema this program knows, in numbered steps of one transaction each.
///
/// Steps only ever add tables, indexes, triggers and nullable columns. Every number applied is in
/// `llmp_migrations`, the highest also, for tools, in `PRAGMA user_version`. A step that is missing is applied
/// wherever it stands, not only after the highest: programs of different branches may have opened the file.
enum Migrator {
  struct Step: Sendable {
    var number: Int
    var name: String
    var run: @Sendable (Database) throws -> Void
    /// Takes the step back (`llm-proxy migrate down`), in the same transaction as its record; what the step
    /// added goes, what the Go program knows stays. `nil` when that cannot be done.
    var undo: (@Sendable (Database) throws -> Void)?
  }

  static let steps: [Step] = [
    Step(number: 1, name: "tables of the Go program", run: goProgramTables),
    Step(
      number: 2, name: "labels, masks, audit chain, change log, usage ledger", run: additions,
      undo: undoAdditions),
    Step(number: 3, name: "policies and metadata", run: policies, undo: undoPolicies),
    Step(number: 4, name: "idle expiry, renewal, child tokens", run: withering, undo: undoWithering),
    Step(number: 5, name: "usage roll-ups, charges, budgets", run: usage, undo: undoUsage),
    Step(number: 6, name: "retention of the audit trail", run: auditAnchor, undo: undoAuditAnchor),
  ]

  /// Version of the schema this program writes.
  static var newest: Int { steps.map(\.number).max() ?? 0 }

  /// Applies what is missing. Two processes may do this at once.
  ///
  /// - Throws: `StoreError.unusable` for a file of a newer program or with tables that cannot be brought up.
  static func migrate(_ db: Database, _ steps: [Step] = steps) throws {
    try refuseNewer(db, knowing: steps)
    for step in steps.sorted(by: { $0.number < $1.number }) {
      try db.inTransaction(.immediate) {
        // Looked at again inside of the write transaction: another process may have been faster.
        try refuseNewer(db, knowing: steps)
        if try !applied(db).contains(step.number) {
          try step.run(db)
          try record(step, db)
          try ChangeTriggers.rebuild(db)
        }
        return .commit
      }
    }
  }

  /// Numbers of the steps that were applied; none for a new file and for one of the Go program.
  static func applied(_ db: Database) throws -> Set<Int> {
    guard try exists("llmp_migrations", db) else { return [] }
    return Set(try Int.fetchAll(db, sql: "SELECT version FROM llmp_migrations"))
  }

  /// Number of the highest step applied; 0 for a new file and for one of the Go program.
  static func version(_ db: Database) throws -> Int {
    let pragma = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    return max(pragma, try applied(db).max() ?? 0)
  }

  /// - Throws: `StoreError.unusable` for a file of a newer program.
  static func refuseNewer(_ db: Database, knowing steps: [Step] = steps) throws {
    let unknown = try applied(db).subtracting(steps.map(\.number)).max()
    let highest = try version(db)
    let newest = steps.map(\.number).max() ?? 0
    guard let found = highest > newest ? highest : unknown else { return }
    var writer = "a newer program"
    if try exists("llmp_migrations", db),
      let program = try String.fetchOne(
        db, sql: "SELECT program FROM llmp_migrations WHERE version = ?", arguments: [found])
    {
      writer = program
    }
    throw StoreError.unusable(
      "the database has schema version \(found), written by \(writer), and "
        + "\(ProxyVersion.name) \(ProxyVersion.number) knows versions up to \(newest); "
        + "run the newer program or restore a backup made before the upgrade"
    )
  }

  private static func record(_ step: Step, _ db: Database) throws {
    try db.execute(
      sql: """
        CREATE TABLE IF NOT EXISTS llmp_migrations (
            version INTEGER PRIMARY KEY, name TEXT NOT NULL, program TEXT NOT NULL,
            applied_at DATETIME NOT NULL)
        """)
    try db.execute(
      sql: "INSERT INTO llmp_migrations (version, name, program, applied_at) VALUES (?, ?, ?, ?)",
      arguments: [
        step.number, step.name, "\(ProxyVersion.name) \(ProxyVersion.number)", Timestamp.now().databaseText,
      ])
    try noteVersion(db)
  }

  /// Tells tools the highest number applied.
  static func noteVersion(_ db: Database) throws {
    try db.execute(sql: "PRAGMA user_version = \(try applied(db).max() ?? 0)")
  }

  // MARK: Steps

  private static func goProgramTables(_ db: Database) throws {
    try db.execute(sql: Schema.goProgram)
    try db.execute(sql: Schema.auditTable("audit_events"))
    // Files of early releases of the Go program, which it does not upgrade itself.
    let projects = try columns(of: "projects", db)
    if projects.contains("openai_api_key"), !projects.contains("api_key") {
      try db.execute(sql: "ALTER TABLE projects RENAME COLUMN openai_api_key TO api_key")
    }
    for (table, column, declaration) in [
      ("projects", "is_active", "BOOLEAN NOT NULL DEFAULT 1"), ("projects", "deactivated_at", "DATETIME"),
      ("tokens", "deactivated_at", "DATETIME"), ("tokens", "cache_hit_count", "INTEGER NOT NULL DEFAULT 0"),
    ] { try add(column, declaration, to: table, db) }
    guard try columns(of: "tokens", db).contains("id") else {
      throw StoreError.unusable(
        "the tokens table has no id column: it was made by a release of the Go program older than "
          + "this one can read; start the last Go release on it once, or begin with a new file")
    }
    if try !outcomesAreComplete(db) {
      try db.execute(sql: Schema.auditTable("llmp_audit_wider"))
      try db.execute(
        sql: """
          INSERT INTO llmp_audit_wider (\(Schema.auditColumns))
          SELECT \(Schema.auditColumns) FROM audit_events;
          DROP TABLE audit_events;
          ALTER TABLE llmp_audit_wider RENAME TO audit_events;
          """)
    }
    try db.execute(sql: Schema.goIndexes)
  }

  private static func additions(_ db: Database) throws {
    for (table, column, declaration) in Schema.addedColumns { try add(column, declaration, to: table, db) }
    // The triggers that fill the change log are made after each step, from the columns there are then.
    for sql in [Schema.listIndexes, Schema.auditChain, Schema.usageEntries, ChangeTriggers.table] {
      try db.execute(sql: sql)
    }
  }

  private static func usage(_ db: Database) throws {
    for (table, column, declaration) in Schema.usageColumns { try add(column, declaration, to: table, db) }
    try db.execute(sql: Schema.usage)
    try db.execute(sql: Schema.fillRollup("usage_hours", milliseconds: Int(UsageRollup.hourMilliseconds)))
    try db.execute(sql: Schema.fillRollup("usage_days", milliseconds: Int(UsageRollup.dayMilliseconds)))
  }

  private static func undoUsage(_ db: Database) throws {
    for table in Schema.usageTables { try db.execute(sql: "DROP TABLE IF EXISTS \(table)") }
    for (table, column, _) in Schema.usageColumns { try drop(column, of: table, db) }
  }

  private static func policies(_ db: Database) throws {
    for table in ["projects", "tokens"] {
      try add("policy", "TEXT", to: table, db)
      try add("metadata", "TEXT", to: table, db)
    }
    try db.execute(sql: Schema.policyIndexes)
  }

  private static func undoPolicies(_ db: Database) throws {
    for name in Schema.policyIndexNames { try db.execute(sql: "DROP INDEX IF EXISTS \(name)") }
    for table in ["projects", "tokens"] {
      try drop("policy", of: table, db)
      try drop("metadata", of: table, db)
    }
  }

  private static func undoAdditions(_ db: Database) throws {
    try db.execute(
      sql: """
        DROP INDEX IF EXISTS llmp_tokens_created;
        DROP INDEX IF EXISTS llmp_tokens_project_created;
        DROP INDEX IF EXISTS llmp_audit_chain_index;
        DROP TABLE IF EXISTS llmp_audit_chain;
        DROP TABLE IF EXISTS usage_entries;
        DROP TABLE IF EXISTS llmp_changes;
        """)
    for (table, column, _) in Schema.addedColumns { try drop(column, of: table, db) }
  }

  private static func withering(_ db: Database) throws {
    for (column, declaration) in Schema.witheringColumns { try add(column, declaration, to: "tokens", db) }
    try db.execute(sql: Schema.witheringIndexes)
  }

  private static func undoWithering(_ db: Database) throws {
    try db.execute(sql: "DROP INDEX IF EXISTS llmp_tokens_parent; DROP INDEX IF EXISTS llmp_tokens_idle")
    for (column, _) in Schema.witheringColumns { try drop(column, of: "tokens", db) }
  }

  /// Early releases allowed two outcomes only, and SQLite cannot change a CHECK in place.
  private static func outcomesAreComplete(_ db: Database) throws -> Bool {
    let sql = try String.fetchOne(db, sql: "SELECT sql FROM sqlite_master WHERE name = 'audit_events'") ?? ""
    return !sql.contains("CHECK") || sql.contains("'denied'")
  }

  /// Whether there is a table now. Not from the library's memory, which does not see what other processes make.
  static func exists(_ table: String, _ db: Database) throws -> Bool {
    try Bool.fetchOne(
      db, sql: "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", arguments: [table]) ?? false
  }

  /// Names of the columns a table has now.
  static func columns(of table: String, _ db: Database) throws -> Set<String> {
    Set(try String.fetchAll(db, sql: "SELECT name FROM pragma_table_info(?)", arguments: [table]))
  }

  /// Takes a column away if the table has it.
  static func drop(_ column: String, of table: String, _ db: Database) throws {
    guard try columns(of: table, db).contains(column) else { return }
    try db.execute(sql: "ALTER TABLE \(table) DROP COLUMN \(column)")
  }

  /// Adds a column unless the table has it.
  static func add(_ column: String, _ declaration: String, to table: String, _ db: Database) throws {
    guard try !columns(of: table, db).contains(column) else { return }
    try db.execute(sql: "ALTER TABLE \(table) ADD COLUMN \(column) \(declaration)")
  }
}
