internal import GRDB
internal import ProxyCore

/// One numbered step of the schema and whether a file has it.
public struct MigrationStep: Sendable, Equatable {
  /// Number, from 1.
  public var number: Int
  /// What it brings.
  public var name: String
  /// When it was applied; `nil` when it was not.
  public var appliedAt: Timestamp?
  /// Name and version of the program that applied it.
  public var program: String?
  /// True when `migrateDown` can take it back.
  public var isReversible: Bool

  /// True when the file has it.
  public var isApplied: Bool { program != nil }
}

/// The steps this program knows, and the place of a file among them.
public struct MigrationState: Sendable, Equatable {
  /// Highest number applied; 0 for a file of the Go program.
  public var version: Int
  /// Highest number this program knows.
  public var newest: Int
  /// All steps, in order.
  public var steps: [MigrationStep]

  /// Steps the file lacks.
  public var pending: [MigrationStep] { steps.filter { !$0.isApplied } }
}

extension StoreFile {
  /// Where the file stands. Changes nothing.
  public func migrations() throws(StoreError) -> MigrationState {
    try connected(.reading) { db in
      try Migrator.refuseNewer(db)
      return try Self.state(db)
    }
  }

  /// Applies what is missing, each step in a transaction of its own. A server may run meanwhile.
  ///
  /// - Returns: the steps applied now.
  public func migrateUp() throws(StoreError) -> [MigrationStep] {
    try connected(.writing) { db in
      let missing = try Self.state(db).pending.map(\.number)
      try db.execute(sql: "PRAGMA journal_mode = WAL")
      try Migrator.migrate(db)
      return try Self.state(db).steps.filter { missing.contains($0.number) }
    }
  }

  /// Takes the newest step back, after a backup. Columns and tables that the step added are lost, what the Go
  /// program keeps is not. Refused while another process has the file open, and for a step without a way back.
  ///
  /// - Parameter backup: file that must not exist yet.
  /// - Returns: the step that was taken back.
  public func migrateDown(backup: String) throws(StoreError) -> MigrationStep {
    try DatabaseHolder.refuse(holding: path)
    let state = try migrations()
    guard let newest = state.steps.last(where: \.isApplied) else {
      throw .unusable("the database has schema version 0: there is nothing to take back")
    }
    guard newest.isReversible, let undo = Migrator.steps.first(where: { $0.number == newest.number })?.undo
    else {
      throw .unusable(
        "step \(newest.number) (\(newest.name)) cannot be taken back without losing data that the Go program "
          + "keeps; restore a backup made before the upgrade instead: llm-proxy restore FILE")
    }
    _ = try self.backup(to: backup)
    return try connected(.alone) { db in
      try db.inTransaction(.immediate) {
        // They name columns that are about to go.
        try ChangeTriggers.drop(db)
        try undo(db)
        try db.execute(sql: "DELETE FROM llmp_migrations WHERE version = ?", arguments: [newest.number])
        try Migrator.noteVersion(db)
        try ChangeTriggers.rebuild(db)
        try AuditChain.note("database.migrate_down", "{\"step\":\(newest.number)}", db)
        return .commit
      }
      return newest
    }
  }

  private static func state(_ db: Database) throws -> MigrationState {
    var applied: [Int: Row] = [:]
    if try Migrator.exists("llmp_migrations", db) {
      for row in try Row.fetchAll(db, sql: "SELECT version, program, applied_at FROM llmp_migrations") {
        applied[row["version"]] = row
      }
    }
    let steps = Migrator.steps.sorted { $0.number < $1.number }.map { step in
      let row = applied[step.number]
      return MigrationStep(
        number: step.number, name: step.name, appliedAt: row?.moment("applied_at"), program: row?["program"],
        isReversible: step.undo != nil)
    }
    return MigrationState(version: try Migrator.version(db), newest: Migrator.newest, steps: steps)
  }
}
