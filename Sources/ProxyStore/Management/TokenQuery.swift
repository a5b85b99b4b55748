internal import GRDB

/// Reads one page of a list of tokens in time that does not grow with the table.
///
/// A page in the order of an index is a walk along it. With a filter that picks few rows such a walk would look
/// at all of them, so the rows a filter picks are asked for first, by an index of the filter's: when they are
/// few they are sorted here, and when they are many a walk meets them soon.
struct TokenQuery {
  /// Rows that are sorted rather than looked for on a walk.
  private static let mostSorted = 5_000
  /// Tokens of a project beyond which its index is not the shortest way.
  private static let smallProject = 20_000

  private var conditions: [(sql: String, arguments: StatementArguments)] = []
  private let filter: TokenFilter
  private let limit: Int
  private let cursor: PageCursor?

  /// A page of at most `limit` tokens behind `cursor`.
  init(_ filter: TokenFilter, limit: Int, after cursor: PageCursor?) {
    self.filter = filter
    self.limit = limit
    self.cursor = cursor
    conditions = filter.conditions()
  }

  /// The rows, one more than `limit` when there are more; each has its place in the order as `place`.
  func rows(_ db: Database) throws -> [Row] {
    guard !conditions.isEmpty, !isInIndexOrder else { return try walk(db) }
    let candidates = try self.candidates(db)
    guard candidates.count <= Self.mostSorted else { return try walk(db) }
    return try sorted(candidates, db)
  }

  /// How many rows the filter picks in all; looks at each of them.
  func count(_ db: Database) throws -> Int {
    let (condition, arguments) = Self.joined(conditions)
    return try Int.fetchOne(
      db, sql: "SELECT count(*) FROM tokens" + (condition.isEmpty ? "" : " WHERE " + condition),
      arguments: arguments) ?? 0
  }

  /// Only a project, in the order its index has.
  private var isInIndexOrder: Bool {
    filter.projectID != nil && conditions.count == 1 && filter.order.key == .createdAt
  }

  private func candidates(_ db: Database) throws -> [Int64] {
    guard let index = try filterIndex(db) else { return try found(db) }
    guard filter.parentID == nil, filter.status == .expired else {
      return try candidates(conditions, by: index, db)
    }
    // There are two ways to expire, each with an index of its own.
    return try candidates(filter.conditions(expired: .byTime), by: index, db)
      + candidates(filter.conditions(expired: .byDisuse), by: "llmp_tokens_idle", db)
  }

  /// Rows that may be what is searched for, each part by its own index; whether they are is looked at later.
  private func found(_ db: Database) throws -> [Int64] {
    var rows: Set<Int64> = []
    for (sql, arguments) in filter.searches where rows.count <= Self.mostSorted {
      rows.formUnion(
        try Int64.fetchAll(
          db, sql: "SELECT rowid FROM tokens \(sql) LIMIT \(Self.mostSorted + 1)", arguments: arguments))
    }
    return Array(rows)
  }

  private func candidates(
    _ conditions: [(sql: String, arguments: StatementArguments)], by index: String, _ db: Database
  ) throws -> [Int64] {
    let (condition, arguments) = Self.joined(conditions)
    return try Int64.fetchAll(
      db,
      sql: "SELECT rowid FROM tokens INDEXED BY \(index) WHERE \(condition) LIMIT \(Self.mostSorted + 1)",
      arguments: arguments)
  }

  /// The index that leads to the fewest rows that have to be looked at; `nil` is those of a search.
  private func filterIndex(_ db: Database) throws -> String? {
    if filter.parentID != nil { return "llmp_tokens_parent" }
    switch filter.status {
    case .revoked: return "llmp_tokens_revoked"
    case .usedUp: return "llmp_tokens_used_up"
    case .active, .expired, nil: break
    }
    if let project = filter.projectID {
      let count =
        try Int.fetchOne(
          db,
          sql: """
            SELECT count(*) FROM (SELECT 1 FROM tokens INDEXED BY llmp_tokens_project_created
              WHERE project_id = ? LIMIT \(Self.smallProject + 1))
            """, arguments: [project]) ?? 0
      if count <= Self.smallProject || (filter.search == nil && filter.status == nil && !filter.activeOnly) {
        return "llmp_tokens_project_created"
      }
    }
    if filter.search != nil { return nil }
    return "llmp_tokens_live"
  }

  private func sorted(_ candidates: [Int64], _ db: Database) throws -> [Row] {
    let list = "[" + candidates.map(String.init).joined(separator: ",") + "]"
    let these = (sql: "rowid IN (SELECT value FROM json_each(?))", arguments: [list] as StatementArguments)
    var parts = conditions + [these]
    if let cursor {
      let (key, sign) = (filter.order.key.expression, filter.order.comparison)
      parts.append(("(\(key), id) \(sign) (?, ?)", [filter.order.key.value(cursor.place), cursor.id]))
    }
    return try fetch(parts, from: "tokens", limit + 1, db)
  }

  /// Along the index of the order: first the rest of the rows in the cursor's own place, then those behind it.
  private func walk(_ db: Database) throws -> [Row] {
    let isByProject = filter.projectID != nil && filter.order.key == .createdAt
    let table =
      "tokens INDEXED BY \(isByProject ? "llmp_tokens_project_created" : filter.order.key.index)"
    guard let cursor else { return try fetch(conditions, from: table, limit + 1, db) }
    let (key, sign) = (filter.order.key.expression, filter.order.comparison)
    let place = filter.order.key.value(cursor.place)
    let tied = try fetch(
      conditions + [("\(key) = ? AND id \(sign) ?", [place, cursor.id])], from: table, limit + 1, db,
      isTied: true)
    guard tied.count <= limit else { return tied }
    return tied
      + (try fetch(conditions + [("\(key) \(sign) ?", [place])], from: table, limit + 1 - tied.count, db))
  }

  private func fetch(
    _ parts: [(sql: String, arguments: StatementArguments)], from table: String, _ count: Int, _ db: Database,
    isTied: Bool = false
  ) throws -> [Row] {
    let (condition, arguments) = Self.joined(parts)
    let key = filter.order.key.expression
    let direction = filter.order.isAscending ? "ASC" : "DESC"
    return try Row.fetchAll(
      db,
      sql: "SELECT \(TokenRecord.columns), CAST(\(key) AS TEXT) AS place FROM \(table)"
        + (condition.isEmpty ? "" : " WHERE " + condition)
        // SQLite does not see that an expression with one value orders nothing, and would sort.
        + " ORDER BY \(isTied ? "" : "\(key) \(direction), ")id \(direction) LIMIT \(count)",
      arguments: arguments)
  }

  private static func joined(
    _ parts: [(sql: String, arguments: StatementArguments)]
  ) -> (sql: String, arguments: StatementArguments) {
    var arguments: StatementArguments = []
    for part in parts { arguments += part.arguments }
    return (parts.map(\.sql).joined(separator: " AND "), arguments)
  }
}

extension TokenOrder {
  fileprivate var comparison: String { isAscending ? ">" : "<" }
}

extension TokenOrder.Key {
  /// What is compared: never NULL, and indexed as it stands here.
  fileprivate var expression: String {
    switch self {
    case .createdAt: "created_at"
    case .lastUsedAt: "coalesce(last_used_at, '')"
    case .expiresAt: "coalesce(expires_at, '~')"
    case .requestCount: "request_count"
    }
  }

  fileprivate var index: String {
    switch self {
    case .createdAt: "llmp_tokens_created"
    case .lastUsedAt: "llmp_tokens_last_used"
    case .expiresAt: "llmp_tokens_expiry"
    case .requestCount: "llmp_tokens_request_count"
    }
  }

  /// A cursor's text as the column compares.
  fileprivate func value(_ text: String) -> DatabaseValue {
    self == .requestCount ? (Int64(text) ?? 0).databaseValue : text.databaseValue
  }
}

/// How tokens that are asked for as expired have expired.
private enum ExpiryKind {
  case byTime, byDisuse, either
}

extension TokenFilter {
  /// What a row must fulfil, with its arguments.
  fileprivate func conditions(
    expired: ExpiryKind = .either
  ) -> [(sql: String, arguments: StatementArguments)] {
    var conditions: [(sql: String, arguments: StatementArguments)] = []
    if let projectID { conditions.append(("project_id = ?", [projectID])) }
    if let parentID { conditions.append(("parent_id = ?", [parentID])) }
    if activeOnly { conditions.append(Self.alive) }
    let none: StatementArguments = []
    let usedUp = "max_requests > 0 AND request_count >= max_requests"
    switch status {
    case nil: break
    case .revoked: conditions.append(("NOT is_active", none))
    case .expired: conditions.append(Self.expired(expired))
    case .usedUp: conditions += [Self.alive, (usedUp, none)]
    case .active: conditions += [Self.alive, ("NOT coalesce(\(usedUp), 0)", none)]
    }
    if let search {
      let (label, id, mask) = (Self.containing(search), Self.range(search.lowercased()), Self.range(search))
      conditions.append(
        (
          "(label LIKE ? ESCAPE '\\' OR (id >= ? AND id < ?) OR (token_mask >= ? AND token_mask < ?))",
          [label, id.from, id.below, mask.from, mask.below]
        ))
    }
    return conditions
  }

  /// How rows that may fit the search are found: what follows the table's name, with its arguments.
  fileprivate var searches: [(sql: String, arguments: StatementArguments)] {
    guard let search else { return [] }
    let (id, mask) = (Self.range(search.lowercased()), Self.range(search))
    let label = "INDEXED BY llmp_tokens_label WHERE label IS NOT NULL AND label LIKE ? ESCAPE '\\'"
    return [
      ("WHERE id >= ? AND id < ?", [id.from, id.below]),
      ("INDEXED BY llmp_tokens_mask WHERE token_mask >= ? AND token_mask < ?", [mask.from, mask.below]),
      (label, [Self.containing(search)]),
    ]
  }

  /// A pattern of `LIKE` for texts with `text` in them.
  private static func containing(_ text: String) -> String {
    "%" + text.map { "\\%_".contains($0) ? "\\\($0)" : "\($0)" }.joined() + "%"
  }

  /// Texts that begin with `prefix`, as a range.
  private static func range(_ prefix: String) -> (from: String, below: String) {
    (prefix, prefix + "\u{10FFFF}")
  }

  // The Go program wrote expiries in its host's zone: the text narrows by the index, generously, and the moment
  // decides.
  private static var alive: (sql: String, arguments: StatementArguments) {
    let now = Timestamp.now()
    return (
      "is_active AND coalesce(expires_at, '~') > ? "
        + "AND (expires_at IS NULL OR julianday(expires_at) > julianday(?)) "
        + "AND (idle_seconds IS NULL OR \(idleEnd) > julianday(?))",
      [now.advanced(by: .seconds(-86_400)).databaseText, now.databaseText, now.databaseText]
    )
  }

  private static func expired(_ kind: ExpiryKind) -> (sql: String, arguments: StatementArguments) {
    let now = Timestamp.now()
    let byTime = "coalesce(expires_at, '~') < ? AND julianday(expires_at) <= julianday(?)"
    let byDisuse = "idle_seconds IS NOT NULL AND \(idleEnd) <= julianday(?)"
    let (day, moment) = (now.advanced(by: .seconds(86_400)).databaseText, now.databaseText)
    return switch kind {
    case .byTime: ("is_active AND \(byTime)", [day, moment])
    case .byDisuse: ("is_active AND \(byDisuse)", [moment])
    case .either: ("is_active AND (\(byTime) OR \(byDisuse))", [day, moment, moment])
    }
  }

  /// When disuse ends a token, as a day number.
  private static let idleEnd = "julianday(coalesce(last_used_at, created_at)) + idle_seconds / 86400.0"
}
