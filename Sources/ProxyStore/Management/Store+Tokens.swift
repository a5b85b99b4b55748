internal import GRDB
internal import ProxyCore

extension Store {
  /// Most tokens on one page.
  public static let tokenPageLimit = 1000

  /// Makes a token; it works from the moment this returns.
  ///
  /// - Throws: `invalid`, `notFound` (no such project, or no such active parent), `inactiveProject`,
  ///   `unavailable`; for the child of a token also `widerThanParent`, `tooDeep`, `tooManyChildren`.
  public func createToken(
    _ creation: TokenCreation, event: AuditEvent<TokenRecord>? = nil
  ) async throws(StoreError) -> IssuedToken {
    if let limit = creation.maxRequests, limit < 0 {
      throw .invalid(field: "max_requests", reason: "must be >= 0")
    }
    if let expiry = creation.expiresAt, expiry <= .now() {
      throw .invalid(field: "expires_at", reason: "must be in the future")
    }
    try Self.checkWithering(of: creation)
    let label = try creation.label.map { (text) throws(StoreError) in try Self.checkedLabel(text) }
    let secret = TokenSecret.random()
    let hash = secret.withUnsafeBytes { TokenHash(secret: $0) }
    let id = UUIDText.random()
    let record = try await writer.change(event) { [directory] db in
      let creation = try Self.completed(creation, directory, db)
      let isActive = try Bool.fetchOne(
        db, sql: "SELECT is_active FROM projects WHERE id = ? AND deleted_at IS NULL",
        arguments: [creation.projectID])
      guard let isActive else { throw StoreError.notFound }
      guard isActive else { throw StoreError.inactiveProject }
      let limit = creation.maxRequests == 0 ? nil : creation.maxRequests
      try db.execute(
        sql: """
          INSERT INTO tokens
            (id, token, token_mask, project_id, expires_at, is_active, max_requests, created_at, label,
             policy, metadata, idle_seconds, renew_seconds, renew_until, parent_id, budget)
          VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          id, hash.hex, TokenSecret.masked(secret), creation.projectID, creation.expiresAt?.databaseText,
          limit,
          Timestamp.now().databaseText, label, creation.policy?.columnText,
          creation.metadata?.metadataColumnText, creation.idleTimeout, creation.renewOnUse,
          creation.renewUntil?.databaseText, creation.parentID, creation.budget?.column,
        ])
      return try TokenRecord.fetch(.id(id), directory, db)
    }
    return IssuedToken(record: record, secret: secret)
  }

  /// One page of tokens.
  ///
  /// - Parameters:
  ///   - filter: which tokens, in which order.
  ///   - limit: tokens on the page, 1 to `tokenPageLimit`; beyond that it is cut.
  ///   - after: `next` of the page before, for the same filter; `nil` for the first.
  /// - Throws: `invalid` for a cursor that is not one of ours, `unavailable`.
  public func listTokens(
    _ filter: TokenFilter = TokenFilter(), limit: Int = 100, after: String? = nil
  ) async throws(StoreError) -> TokenPage {
    let count = max(1, min(Self.tokenPageLimit, limit))
    let cursor = after.flatMap { PageCursor(text: $0) }
    if after != nil, cursor == nil { throw .invalid(field: "after", reason: "is not a cursor of ours") }
    let query = TokenQuery(filter, limit: count, after: cursor)
    return try await read { [directory] db in
      let rows = try query.rows(db)
      var page = TokenPage(tokens: rows.prefix(count).map { TokenRecord($0, directory) }, next: nil)
      if rows.count > count, let last = rows.prefix(count).last {
        page.next = PageCursor(place: last["place"] ?? "", id: last["id"] ?? "").text
      }
      return page
    }
  }

  /// How many tokens a filter picks.
  public func countTokens(_ filter: TokenFilter = TokenFilter()) async throws(StoreError) -> Int {
    let query = TokenQuery(filter, limit: 1, after: nil)
    return try await read { db in try query.count(db) }
  }

  /// One token, with its count as of now.
  ///
  /// - Throws: `notFound`, `unavailable`.
  public func token(_ reference: TokenReference) async throws(StoreError) -> TokenRecord {
    try await read { [directory] db in try TokenRecord.fetch(reference, directory, db) }
  }

  /// Changes a token; in force for the next request. The count is left alone.
  ///
  /// - Parameters:
  ///   - reference: id or secret.
  ///   - change: what to change.
  ///   - isCurrent: the caller's precondition on the row as it is now, checked in the same transaction.
  ///   - event: what the audit trail is told.
  /// - Throws: `invalid`, `notFound`, `preconditionFailed`, `unavailable`.
  public func updateToken(
    _ reference: TokenReference, _ change: TokenChange,
    if isCurrent: (@Sendable (TokenRecord) -> Bool)? = nil, event: AuditEvent<TokenRecord>? = nil
  ) async throws(StoreError) -> TokenRecord {
    if case .set(let limit) = change.maxRequests, limit < 0 {
      throw .invalid(field: "max_requests", reason: "must be >= 0")
    }
    if case .set(let label) = change.label { _ = try Self.checkedLabel(label) }
    try Self.checkWithering(of: change)
    return try await writer.change(event) { [directory] db in
      let old = try TokenRecord.fetch(reference, directory, db)
      if let isCurrent, !isCurrent(old) { throw StoreError.preconditionFailed }
      let change = try Self.completed(change, of: old)
      var sets: [String] = []
      var arguments: StatementArguments = []
      if let isActive = change.isActive {
        sets.append(
          """
          is_active = ?,
          deactivated_at = CASE WHEN ? THEN NULL WHEN is_active THEN ? ELSE deactivated_at END
          """
        )
        arguments += [isActive, isActive, Timestamp.now().databaseText]
      }
      func add<Value>(
        _ column: String, _ field: FieldChange<Value>, _ stored: (Value) -> (any DatabaseValueConvertible)?
      ) {
        switch field {
        case .keep: return
        case .clear: arguments += [nil]
        case .set(let value): arguments += [stored(value)]
        }
        sets.append("\(column) = ?")
      }
      add("max_requests", change.maxRequests) { $0 == 0 ? nil : $0 }
      add("expires_at", change.expiresAt) { $0.databaseText }
      add("label", change.label) { $0 }
      add("policy", change.policy) { $0.columnText }
      add("metadata", change.metadata) { $0.metadataColumnText }
      add("idle_seconds", change.idleTimeout) { $0 }
      add("renew_seconds", change.renewOnUse) { $0 }
      add("renew_until", change.renewUntil) { $0.databaseText }
      add("budget", change.budget) { $0.column }
      guard !sets.isEmpty else { return old }
      arguments += [old.id]
      try db.execute(
        sql: "UPDATE tokens SET \(sets.joined(separator: ", ")) WHERE id = ?", arguments: arguments)
      return try TokenRecord.fetch(.id(old.id), directory, db)
    }
  }

  /// Revokes a token and all that descend from it; in force for the next request.
  ///
  /// - Throws: `notFound`, `unavailable`.
  public func revokeToken(
    _ reference: TokenReference, event: AuditEvent<TokenRevocation>? = nil
  ) async throws(StoreError) -> TokenRevocation {
    try await writer.change(event) { [directory] db in
      try Self.revoke(TokenRecord.fetch(reference, directory, db), directory, db)
    }
  }

  private static func checkedLabel(_ label: String) throws(StoreError) -> String {
    guard label.utf8.count <= 255 else { throw .invalid(field: "label", reason: "must not exceed 255 bytes") }
    return label
  }
}
