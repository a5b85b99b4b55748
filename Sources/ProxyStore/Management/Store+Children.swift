internal import GRDB
public import ProxyCore

/// Tokens made by tokens.
extension Store {
  /// Who presents a secret.
  public enum Holder: Sendable {
    /// A token of ours, and whether it may be used.
    case known(id: String, state: TokenState)
    /// Nobody.
    case unknown
    /// The file could not be read.
    case unavailable
  }

  /// Looks up who presents a secret, as traffic does; counts nothing.
  ///
  /// - Parameters:
  ///   - secret: what was presented.
  ///   - mayLoad: false to be content with what is in memory.
  public func holder(presenting secret: Secret, mayLoad: Bool) async -> Holder {
    let now = Clocks.unixMilliseconds()
    switch secret.withUnsafeBytes({ directory.lookUp(presented: $0, nowMilliseconds: now) }) {
    case .unknown: return .unknown
    case .known(let token) where token.lookMoment(nowMilliseconds: now) == nil: return Self.holder(token)
    case .known: break
    case .unseen: if !mayLoad { return .unknown }
    }
    let outcome: LoadOutcome = await withCheckedContinuation { continuation in
      secret.withUnsafeBytes { bytes in
        directory.load(presented: bytes, nowMilliseconds: now) { continuation.resume(returning: $0) }
      }
    }
    switch outcome {
    case .found(let token): return Self.holder(token)
    case .notFound: return .unknown
    case .unavailable: return .unavailable
    }
  }

  /// A token and those it descends from, itself first, with their counts as of now.
  ///
  /// - Throws: `notFound`, `unavailable`.
  public func lineage(id: String) async throws(StoreError) -> [TokenRecord] {
    try await read { [directory] db in
      var records = [try TokenRecord.fetch(.id(id), directory, db)]
      while records.count <= ChildLimits.depth, let parent = records[records.count - 1].parentID {
        records.append(try TokenRecord.fetch(.id(parent), directory, db))
      }
      return records
    }
  }

  /// What requests with a token are under, all in all: its project's policies, its ancestors' and its own; `nil`
  /// when there is none.
  ///
  /// - Throws: `notFound`, `unavailable`.
  public func effectivePolicy(of id: String) async throws(StoreError) -> PolicyRules? {
    try await read { [directory] db in try Self.token(id: id, directory, db).effectivePolicy }
  }

  /// A token in memory by its id.
  static func token(id: String, _ directory: Directory, _ db: Database) throws -> AccessToken {
    let column = try String.fetchOne(db, sql: "SELECT token FROM tokens WHERE id = ?", arguments: [id])
    guard let token = column?.tokenHash.flatMap({ directory.token($0) }) else { throw StoreError.notFound }
    return token
  }

  /// How many tokens a token has made, withered ones included.
  ///
  /// - Throws: `unavailable`.
  public func childrenCount(of id: String) async throws(StoreError) -> Int {
    try await read { db in
      try Int.fetchOne(db, sql: "SELECT count(*) FROM tokens WHERE parent_id = ?", arguments: [id]) ?? 0
    }
  }

  /// Revokes a token that `parentID` has made, and all that descend from it.
  ///
  /// - Throws: `notFound` (also for a token that another one has made), `unavailable`.
  public func revokeChild(
    id: String, of parentID: String, event: AuditEvent<TokenRevocation>? = nil
  ) async throws(StoreError) -> TokenRevocation {
    try await writer.change(event) { [directory] db in
      let record = try TokenRecord.fetch(.id(id), directory, db)
      guard record.parentID == parentID else { throw StoreError.notFound }
      return try Self.revoke(record, directory, db)
    }
  }

  static func revoke(_ old: TokenRecord, _ directory: Directory, _ db: Database) throws -> TokenRevocation {
    try db.execute(
      sql: """
        \(descendants) UPDATE tokens SET is_active = 0, deactivated_at = ?2
        WHERE is_active AND id IN (SELECT id FROM tree)
        """,
      arguments: [old.id, Timestamp.now().databaseText])
    let descendants = db.changesCount - (old.isActive ? 1 : 0)
    return TokenRevocation(
      record: try TokenRecord.fetch(.id(old.id), directory, db), wasActive: old.isActive,
      descendants: descendants)
  }

  /// Refuses a child that would stand too deep or be one too many, after withered ones have made room.
  static func makeRoom(under parent: TokenRecord, _ db: Database) throws {
    let ancestors = try String.fetchAll(db, sql: ancestry, arguments: [parent.id])
    guard ancestors.count < ChildLimits.depth else { throw StoreError.tooDeep }
    let root = ancestors.last ?? parent.id
    let count = "\(descendants) SELECT count(*) - 1 FROM tree"
    guard try Int.fetchOne(db, sql: count, arguments: [root]) ?? 0 >= ChildLimits.descendants else { return }
    // A minute later nothing of them is on its way to the file any more.
    let before = Timestamp.now().advanced(by: .seconds(-60)).databaseText
    try db.execute(
      sql: """
        \(descendants) DELETE FROM tokens
        WHERE id IN (SELECT id FROM tree WHERE id <> ?1) AND (expires_at <= ?2 OR deactivated_at <= ?2)
          AND NOT EXISTS (SELECT 1 FROM tokens AS child WHERE child.parent_id = tokens.id)
        """,
      arguments: [root, before])
    guard try Int.fetchOne(db, sql: count, arguments: [root]) ?? 0 < ChildLimits.descendants else {
      throw StoreError.tooManyChildren
    }
  }

  /// A token and all that descend from it; bounded, because a shell could make a ring of them.
  private static let descendants = """
    WITH RECURSIVE tree(id, depth) AS (
      SELECT ?1, 0
      UNION ALL
      SELECT tokens.id, depth + 1 FROM tokens JOIN tree ON tokens.parent_id = tree.id
      WHERE depth <= \(ChildLimits.depth)
    )
    """

  /// The ancestors of a token, its parent first.
  private static let ancestry = """
    WITH RECURSIVE up(id, depth) AS (
      SELECT parent_id, 1 FROM tokens WHERE id = ?
      UNION ALL
      SELECT tokens.parent_id, depth + 1 FROM tokens JOIN up ON tokens.id = up.id
      WHERE depth <= \(ChildLimits.depth)
    )
    SELECT id FROM up WHERE id IS NOT NULL ORDER BY depth
    """

  private static func holder(_ token: AccessToken) -> Holder {
    .known(id: token.id, state: token.state(nowMilliseconds: Clocks.unixMilliseconds()))
  }
}
