internal import GRDB
internal import ProxyCore

/// What a check of the whole file found.
public struct DatabaseCheck: Sendable, Equatable {
  /// What SQLite finds wrong with pages and indexes.
  public var integrity: [String]
  /// Rows that refer to rows that are not there.
  public var references: [String]
  /// The audit chain; `nil` for a file of the Go program, which has none.
  public var audit: AuditVerification?
  /// Schema version; 0 for a file of the Go program.
  public var schemaVersion: Int
  /// Projects, deleted ones included.
  public var projects: Int
  /// Tokens.
  public var tokens: Int

  /// Everything wrong, as sentences.
  public var problems: [String] { integrity + references + [audit?.problem].compactMap { $0 } }
  /// True when nothing is wrong.
  public var isSound: Bool { problems.isEmpty }
}

extension StoreFile {
  /// Most findings of one kind that are listed.
  private static let mostFindings = 20

  /// Reads the whole file: pages, indexes, references between tables, audit chain. Changes nothing; servers may
  /// run meanwhile.
  public func check() throws(StoreError) -> DatabaseCheck {
    try connected(.reading) { db in
      try Migrator.refuseNewer(db)
      var check = DatabaseCheck(
        integrity: [], references: [], audit: nil, schemaVersion: try Migrator.version(db), projects: 0,
        tokens: 0)
      try db.inTransaction(.deferred) {
        check.integrity = try String.fetchAll(db, sql: "PRAGMA integrity_check(\(Self.mostFindings))")
          .filter { $0 != "ok" }
        guard check.integrity.isEmpty else { return .commit }
        guard try Migrator.exists("projects", db), try Migrator.exists("tokens", db) else {
          check.integrity = ["the tables projects and tokens are not there: this is no database of llm-proxy"]
          return .commit
        }
        check.references = try Row.fetchAll(db, sql: "PRAGMA foreign_key_check").prefix(Self.mostFindings).map
        {
          let (table, row): (String, Int64?) = ($0["table"], $0["rowid"])
          return
            "row \(row ?? 0) of \(table) refers to a row of \($0["parent"] ?? "another table") that is not there"
        }
        check.projects = try Int.fetchOne(db, sql: "SELECT count(*) FROM projects") ?? 0
        check.tokens = try Int.fetchOne(db, sql: "SELECT count(*) FROM tokens") ?? 0
        if try Migrator.exists("llmp_audit_chain", db) { check.audit = try AuditChain.verify(db) }
        return .commit
      }
      return check
    }
  }

  /// Computes the hash chain of the audit trail again.
  public func verifyAudit() throws(StoreError) -> AuditVerification {
    try connected(.reading) { db in
      try Migrator.refuseNewer(db)
      guard try Migrator.exists("llmp_audit_chain", db) else {
        let events =
          try Migrator.exists("audit_events", db)
          ? Int.fetchOne(db, sql: "SELECT count(*) FROM audit_events") : 0
        return AuditVerification(verified: 0, unchained: events ?? 0, problem: nil, headHash: nil)
      }
      return try AuditChain.verify(db)
    }
  }
}
