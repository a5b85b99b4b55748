internal import GRDB
internal import ProxyCore

/// Reads from the file what the directory has to know. All methods run on a connection the caller holds.
struct ChangeFeed {
  /// Beyond this many changes reading everything again is cheaper than reading them one by one.
  private static let reloadThreshold: Int64 = 50_000
  /// Lines of the change log kept for processes that lag behind.
  private static let keptLines: Int64 = 100_000

  var sealingKey: SealingKey?

  /// What has changed after `sequence`.
  func changes(after sequence: Int64, _ db: Database) throws -> DirectoryChanges {
    var changes = DirectoryChanges()
    changes.sequence = try lastSequence(db)
    guard changes.sequence != sequence else { return changes }
    let oldest = try Int64.fetchOne(db, sql: "SELECT min(seq) FROM llmp_changes") ?? 0
    // A log that ends before the place we know was restored from elsewhere; one that begins after it was
    // trimmed.
    let hasGap = oldest > sequence + 1 || changes.sequence < sequence
    if hasGap || changes.sequence - sequence > Self.reloadThreshold {
      changes.needsReload = true
      return changes
    }
    let log = try RawStatement(db, "SELECT DISTINCT kind, key FROM llmp_changes WHERE seq > ?")
    log.bind(sequence, at: 1)
    var tokenIDs: [String] = []
    var projectIDs: [String] = []
    while try log.step() {
      guard let key = log.text(1) else {
        changes.needsReload = true
        continue
      }
      switch log.integer(0) {
      case 1: projectIDs.append(key)
      case 2: tokenIDs.append(key)
      default: if let hash = key.tokenHash { changes.goneTokens.append(hash) }
      }
    }
    try read(projectIDs, tokenIDs, into: &changes, db)
    return changes
  }

  /// Position of the newest line of the change log.
  func lastSequence(_ db: Database) throws -> Int64 {
    try Int64.fetchOne(db, sql: "SELECT max(seq) FROM llmp_changes") ?? 0
  }

  /// Removes old lines of the change log.
  func trim(upTo sequence: Int64, _ db: Database) throws {
    try db.execute(sql: "DELETE FROM llmp_changes WHERE seq <= ?", arguments: [sequence - Self.keptLines])
  }

  /// Reads everything into the directory and returns the position in the change log it stands for, and
  /// whether a token was found in clear.
  func load(into directory: Directory, _ db: Database) throws -> (sequence: Int64, hasPlainTokens: Bool) {
    let sequence = try lastSequence(db)
    var rows: [ProjectRow] = []
    let projects = try RawStatement(db, Self.projectSelection)
    while try projects.step() {
      if let row = project(projects) { rows.append(row) }
    }
    let expected = try Int.fetchOne(db, sql: "SELECT count(*) FROM tokens") ?? 0
    var hasPlainTokens = false
    try directory.replaceAll(projects: rows, expectedTokens: expected) { put in
      // Rows of one project tend to stand together: most are spared the dictionary and the String.
      var last: (id: [UInt8], project: Project)?
      let tokens = try RawStatement(db, TokenRow.selection)
      while try tokens.step() {
        guard let row = TokenRow(tokens) else { continue }
        if tokens.bytes(0).count == TokenSecret.length { hasPlainTokens = true }
        let id = tokens.bytes(TokenRow.projectColumn)
        if last.map({ $0.id.elementsEqual(id) }) != true {
          guard let project = directory.project(id: String(decoding: id, as: UTF8.self)) else { continue }
          last = (Array(id), project)
        }
        if let last { put(row, last.project) }
      }
    }
    return (sequence, hasPlainTokens)
  }

  /// Replaces every token stored in clear by its hash, keeping the masked form.
  ///
  /// - Returns: how many.
  @discardableResult
  func sealTokens(_ db: Database) throws -> Int {
    var sealed = 0
    while true {
      // "sk." is the first text after all that begin with "sk-": a range of the index, not a scan.
      let plain = try Row.fetchAll(
        db,
        sql: """
          SELECT id, token FROM tokens
          WHERE token >= 'sk-' AND token < 'sk.' AND length(token) = 25 AND NOT token GLOB '*[^A-Za-z0-9_-]*'
          LIMIT 10000
          """)
      guard !plain.isEmpty else { return sealed }
      for row in plain { try sealToken(id: row["id"], token: row["token"], db) }
      sealed += plain.count
    }
  }

  private func sealToken(id: String, token: String, _ db: Database) throws {
    try db.execute(
      sql: "UPDATE OR IGNORE tokens SET token = ?, token_mask = ? WHERE id = ?",
      arguments: [token.tokenHash?.hex, TokenSecret.masked(Secret(token)), id])
    guard db.changesCount == 0 else { return }
    // The same secret stands in the file twice, in clear and hashed: the hashed row keeps working.
    try db.execute(
      sql: "UPDATE tokens SET token = 'duplicate:' || id, is_active = 0 WHERE id = ?", arguments: [id])
  }

  private static let projectSelection = """
    SELECT id, coalesce(deleted_name, name), is_active, api_key, policy, metadata, budget
    FROM projects WHERE deleted_at IS NULL
    """

  /// The rows of these tokens as they are now, as changes to adopt.
  func rows(of hashes: [TokenHash], _ db: Database) throws -> DirectoryChanges {
    var changes = DirectoryChanges()
    let tokens = try RawStatement(db, TokenRow.selection + " WHERE token = ?")
    for hash in hashes {
      tokens.bind(hash.hex, at: 1)
      var found = false
      try tokens.run { statement in
        guard let row = TokenRow(statement), let project = statement.text(TokenRow.projectColumn) else {
          return
        }
        changes.tokens.append((row, project))
        found = true
      }
      if !found { changes.goneTokens.append(hash) }
    }
    return changes
  }

  private func read(
    _ projectIDs: [String], _ tokenIDs: [String], into changes: inout DirectoryChanges, _ db: Database
  ) throws {
    let projects = try RawStatement(db, Self.projectSelection + " AND id = ?")
    for id in projectIDs {
      projects.bind(id, at: 1)
      var found = false
      try projects.run { row in
        guard let project = project(row) else { return }
        changes.projects.append(project)
        found = true
      }
      if !found { changes.goneProjects.append(id) }
    }
    let tokens = try RawStatement(db, TokenRow.selection + " WHERE id = ?")
    for id in tokenIDs {
      tokens.bind(id, at: 1)
      try tokens.run { statement in
        guard let row = TokenRow(statement), let project = statement.text(TokenRow.projectColumn) else {
          return
        }
        if statement.bytes(0).count == TokenSecret.length { changes.hasPlainTokens = true }
        changes.tokens.append((row, project))
      }
    }
  }

  private func project(_ statement: RawStatement) -> ProjectRow? {
    guard let id = statement.text(0) else { return nil }
    return ProjectRow(
      id: id, name: statement.text(1) ?? "", isActive: statement.integer(2) != 0,
      key: StoredProviderKey(column: statement.text(3) ?? "", sealingKey: sealingKey),
      policy: statement.text(4), metadata: statement.text(5),
      budget: BudgetLimits(column: statement.text(6)))
  }
}

extension String {
  /// The hash that a `token` column's text stands for.
  var tokenHash: TokenHash? {
    var text = self
    return text.withUTF8 { TokenHash(column: UnsafeRawBufferPointer($0)) }
  }
}
