internal import GRDB

/// The step that lets the audit chain begin after events that retention removed.
extension Migrator {
  static func auditAnchor(_ db: Database) throws {
    for (column, declaration) in Schema.auditAnchor {
      try add(column, declaration, to: "llmp_audit_chain", db)
    }
  }

  static func undoAuditAnchor(_ db: Database) throws {
    let begin = try Int64.fetchOne(db, sql: "SELECT anchor_index FROM llmp_audit_chain") ?? 0
    guard begin == 0 else {
      throw StoreError.unusable(
        "step 6 cannot be taken back: audit events up to \(begin) were removed by retention, and without it the "
          + "chain of the others could not be verified")
    }
    for (column, _) in Schema.auditAnchor { try drop(column, of: "llmp_audit_chain", db) }
  }
}
