internal import GRDB
internal import ProxyCore

extension Store {
  /// Creates a project.
  ///
  /// - Throws: `invalid` for an empty or masked value, `nameTaken`, `unavailable`.
  public func createProject(
    _ creation: ProjectCreation, event: AuditEvent<ProjectRecord>? = nil
  ) async throws(StoreError) -> ProjectRecord {
    let name = try Self.checkedName(creation.name)
    guard !creation.providerKey.isEmpty else { throw .invalid(field: "api_key", reason: "must not be empty") }
    let key = try storedForm(creation.providerKey)
    let id = UUIDText.random()
    return try await writer.change(event) { [sealingKey] db in
      try Self.refuseTaken(name, except: nil, db)
      let now = Timestamp.now().databaseText
      try db.execute(
        sql:
          """
          INSERT INTO projects
            (id, name, api_key, is_active, created_at, updated_at, policy, metadata, budget)
          VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?)
          """,
        arguments: [
          id, name, key, now, now, creation.policy?.columnText, creation.metadata?.metadataColumnText,
          creation.budget?.column,
        ])
      return try ProjectRecord.fetch(id, sealingKey, db)
    }
  }

  /// All projects that are not deleted, by name.
  public func listProjects() async throws(StoreError) -> [ProjectRecord] {
    try await read { [sealingKey] db in
      try Row.fetchAll(db, sql: ProjectRecord.selection + " ORDER BY name").map {
        ProjectRecord($0, sealingKey)
      }
    }
  }

  /// One project.
  ///
  /// - Throws: `notFound`, `unavailable`.
  public func project(id: String) async throws(StoreError) -> ProjectRecord {
    try await read { [sealingKey] db in try ProjectRecord.fetch(id, sealingKey, db) }
  }

  /// Changes a project; in force for the next request.
  ///
  /// - Parameters:
  ///   - id: UUID text.
  ///   - change: what to change; an empty change only moves `updated_at`.
  ///   - isCurrent: the caller's precondition on the row as it is now, checked in the same transaction.
  ///   - event: what the audit trail is told.
  /// - Throws: `notFound`, `preconditionFailed`, `invalid`, `nameTaken`, `unavailable`.
  public func updateProject(
    id: String, _ change: ProjectChange, if isCurrent: (@Sendable (ProjectRecord) -> Bool)? = nil,
    event: AuditEvent<ProjectRecord>? = nil
  ) async throws(StoreError) -> ProjectRecord {
    var name: String?
    if let wanted = change.name { name = try Self.checkedName(wanted) }
    var key: String?
    if let wanted = change.providerKey, !wanted.isEmpty { key = try storedForm(wanted) }
    let (newName, newKey) = (name, key)
    return try await writer.change(event) { [sealingKey] db in
      let old = try ProjectRecord.fetch(id, sealingKey, db)
      if let isCurrent, !isCurrent(old) { throw StoreError.preconditionFailed }
      if let newName { try Self.refuseTaken(newName, except: id, db) }
      let now = Timestamp.now().databaseText
      let isActive = change.isActive ?? old.isActive
      try db.execute(
        sql: """
          UPDATE projects SET name = coalesce(?, name), api_key = coalesce(?, api_key), is_active = ?,
            deactivated_at = CASE WHEN ? THEN NULL WHEN is_active THEN ? ELSE deactivated_at END,
            updated_at = ?
          WHERE id = ?
          """,
        arguments: [newName, newKey, isActive, isActive, now, now, id])
      try Self.write("policy", change.policy, id, db) { $0.columnText }
      try Self.write("metadata", change.metadata, id, db) { $0.metadataColumnText }
      try Self.write("budget", change.budget, id, db) { $0.column }
      if change.revokesTokens, old.isActive, !isActive { try Self.revokeAll(of: id, now, db) }
      return try ProjectRecord.fetch(id, sealingKey, db)
    }
  }

  /// Deletes a project: its traffic stops, its tokens are revoked, its provider key is erased and its name is
  /// free again. The rows stay for the audit trail unless `isPurge`, which removes project and tokens for
  /// good.
  ///
  /// - Throws: `notFound` (also when it is deleted already and not to be purged), `unavailable`.
  @discardableResult
  public func deleteProject(
    id: String, isPurge: Bool = false, event: AuditEvent<RevocationCounts>? = nil
  ) async throws(StoreError) -> RevocationCounts {
    try await writer.change(event) { [sealingKey] db in
      if isPurge {
        guard try Bool.fetchOne(db, sql: "SELECT 1 FROM projects WHERE id = ?", arguments: [id]) != nil else {
          throw StoreError.notFound
        }
        let counts = try Self.countRevocable(of: id, db)
        // Not left to the cascade: foreign keys are off on a connection of someone's shell.
        try db.execute(sql: "DELETE FROM tokens WHERE project_id = ?", arguments: [id])
        try db.execute(sql: "DELETE FROM projects WHERE id = ?", arguments: [id])
        return counts
      }
      _ = try ProjectRecord.fetch(id, sealingKey, db)
      let now = Timestamp.now().databaseText
      let counts = try Self.revokeAll(of: id, now, db)
      // `name` is NOT NULL UNIQUE in the Go program's schema: the row keeps a name that nobody else can have.
      try db.execute(
        sql: """
          UPDATE projects SET deleted_at = ?1, deleted_name = name,
            name = name || ' (deleted ' || id || ')', api_key = '',
            is_active = 0, deactivated_at = coalesce(deactivated_at, ?1), updated_at = ?1
          WHERE id = ?2
          """,
        arguments: [now, id])
      return counts
    }
  }

  /// Revokes all tokens of a project.
  ///
  /// - Throws: `notFound`, `unavailable`.
  public func revokeTokens(
    projectID: String, event: AuditEvent<RevocationCounts>? = nil
  ) async throws(StoreError) -> RevocationCounts {
    try await writer.change(event) { [sealingKey] db in
      _ = try ProjectRecord.fetch(projectID, sealingKey, db)
      return try Self.revokeAll(of: projectID, Timestamp.now().databaseText, db)
    }
  }

  /// Seals the provider keys that stand in the file in clear.
  ///
  /// - Returns: how many; 0 without a sealing key.
  public func sealProviderKeys() async throws(StoreError) -> Int {
    guard let sealingKey else { return 0 }
    return try await writer.write { db in
      let plain = try Row.fetchAll(
        db, sql: "SELECT id, api_key FROM projects WHERE api_key <> '' AND api_key NOT LIKE 'enc:v1:%'")
      for row in plain {
        let (id, key): (String, String) = (row["id"], row["api_key"])
        try db.execute(
          sql: "UPDATE projects SET api_key = ? WHERE id = ?",
          arguments: [try sealingKey.seal(Secret(key)), id])
      }
      return plain.count
    }
  }

  private func storedForm(_ key: Secret) throws(StoreError) -> String {
    let text = key.revealText()
    // What a list shows is not a key: a form sent back unchanged must not destroy the real one.
    guard !text.contains("..."), !text.contains("****") else {
      throw .invalid(field: "api_key", reason: "is a masked key; provide the whole key")
    }
    // A text that looks sealed is taken for a key like any other and sealed again, so that it reads back as
    // given.
    if let sealingKey { return try sealingKey.seal(key) }
    guard !SealingKey.isSealed(text) else {
      throw .invalid(field: "api_key", reason: "must not begin with \(SealingKey.prefix)")
    }
    return text
  }

  private static func write<Value>(
    _ column: String, _ change: FieldChange<Value>, _ id: String, _ db: Database, _ text: (Value) -> String?
  ) throws {
    let value: String?
    switch change {
    case .keep: return
    case .clear: value = nil
    case .set(let new): value = text(new)
    }
    try db.execute(sql: "UPDATE projects SET \(column) = ? WHERE id = ?", arguments: [value, id])
  }

  private static func checkedName(_ name: String) throws(StoreError) -> String {
    guard name.contains(where: { !$0.isWhitespace }) else {
      throw .invalid(field: "name", reason: "must not be empty")
    }
    guard name.utf8.count <= 255 else { throw .invalid(field: "name", reason: "must not exceed 255 bytes") }
    return name
  }

  private static func refuseTaken(_ name: String, except id: String?, _ db: Database) throws {
    let holder = try String.fetchOne(db, sql: "SELECT id FROM projects WHERE name = ?", arguments: [name])
    if let holder, holder != id { throw StoreError.nameTaken }
  }

  private static func countRevocable(of id: String, _ db: Database) throws -> RevocationCounts {
    let row = try Row.fetchOne(
      db,
      sql: "SELECT count(*) AS total, coalesce(sum(is_active), 0) AS active FROM tokens WHERE project_id = ?",
      arguments: [id])
    let (total, active): (Int, Int) = (row?["total"] ?? 0, row?["active"] ?? 0)
    return RevocationCounts(revoked: active, alreadyRevoked: total - active, total: total)
  }

  @discardableResult
  private static func revokeAll(of id: String, _ now: String, _ db: Database) throws -> RevocationCounts {
    let counts = try countRevocable(of: id, db)
    try db.execute(
      sql: "UPDATE tokens SET is_active = 0, deactivated_at = ? WHERE project_id = ? AND is_active",
      arguments: [now, id])
    return counts
  }
}
