internal import GRDB
internal import ProxyCore

/// Brings a file to the schema this program knows, in numbered steps of one transaction each.
///
/// Steps only ever add tables, indexes, triggers and nullable columns. The highest number applied is in
/// `llmp_migrations` and, for tools, in `PRAGMA user_version`.
enum Migrator {
  struct Step: Sendable {
    var number: Int
    var name: String
    var run: @Sendable (Database) throws -> Void
  }

  static let steps: [Step] = [
    Step(number: 1, name: "tables of the Go program", run: goProgramTables),
    Step(number: 2, name: "labels, masks, audit chain, change log, usage ledger", run: additions),
  ]

  /// Version of the schema this program writes.
  static var newest: Int { steps.last?.number ?? 0 }

  /// Applies what is missing. Two processes may do this at once.
  ///
  /// - Throws: `StoreError.unusable` for a file of a newer program or with tables that cannot be brought up.
  static func migrate(_ db: Database) throws {
    try refuseNewer(db)
    for step in steps {
      try db.inTransaction(.immediate) {
        // Looked at again inside of the write transaction: another process may have been faster.
        try refuseNewer(db)
        if try version(db) < step.number {
          try step.run(db)
          try record(step, db)
        }
        return .commit
      }
    }
  }

  /// Number of the last step applied; 0 for a new file and for one of the Go program.
  static func version(_ db: Database) throws -> Int {
    let pragma = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    guard try db.tableExists("llmp_migrations") else { return pragma }
    return max(pragma, try Int.fetchOne(db, sql: "SELECT max(version) FROM llmp_migrations") ?? 0)
  }

  /// - Throws: `StoreError.unusable` for a file of a newer program.
  static func refuseNewer(_ db: Database) throws {
    let found = try version(db)
    guard found > newest else { return }
    var writer = "a newer program"
    if try db.tableExists("llmp_migrations"),
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
    try db.execute(sql: "PRAGMA user_version = \(step.number)")
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
    for sql in [Schema.listIndexes, Schema.auditChain, Schema.usageEntries, Schema.changeLog] {
      try db.execute(sql: sql)
    }
  }

  /// Early releases allowed two outcomes only, and SQLite cannot change a CHECK in place.
  private static func outcomesAreComplete(_ db: Database) throws -> Bool {
    let sql = try String.fetchOne(db, sql: "SELECT sql FROM sqlite_master WHERE name = 'audit_events'") ?? ""
    return !sql.contains("CHECK") || sql.contains("'denied'")
  }

  private static func columns(of table: String, _ db: Database) throws -> Set<String> {
    Set(try String.fetchAll(db, sql: "SELECT name FROM pragma_table_info(?)", arguments: [table]))
  }

  private static func add(_ column: String, _ declaration: String, to table: String, _ db: Database) throws {
    guard try !columns(of: table, db).contains(column) else { return }
    try db.execute(sql: "ALTER TABLE \(table) ADD COLUMN \(column) \(declaration)")
  }
}
