internal import GRDB

extension Store {
  /// Most audit events on one page.
  public static let auditPageLimit = 100

  /// Appends an event to the audit trail; it is in the file when this returns.
  ///
  /// - Returns: the event with its place in the chain.
  /// - Throws: `unavailable`.
  @discardableResult
  public func appendAudit(_ record: AuditRecord) async throws(StoreError) -> AuditRecord {
    try await writer.write { db in try AuditChain.append([record], db).last ?? record }
  }

  /// Appends an event with the next batch. Never blocks and never fails: for what traffic has to say. While
  /// the file cannot be written events are kept up to `StoreOptions.auditQueueLimit`, further ones are
  /// dropped and counted.
  public func recordAudit(_ record: AuditRecord) { writer.audit.append(record) }

  /// One page of the audit trail, newest first.
  ///
  /// - Parameters:
  ///   - filter: which events.
  ///   - page: from 1; a smaller number is the first page.
  ///   - pageSize: 1 to `auditPageLimit`; beyond that it is cut.
  /// - Throws: `invalid` for a page size below 1, `unavailable`.
  public func listAudit(
    _ filter: AuditFilter = AuditFilter(), page: Int = 1, pageSize: Int = 20
  ) async throws(StoreError) -> AuditPage {
    guard pageSize >= 1 else { throw .invalid(field: "page_size", reason: "must be at least 1") }
    await writeQueuedAudit()
    let size = min(pageSize, Self.auditPageLimit)
    let number = max(1, min(page, Int(Int32.max)))
    let (condition, arguments) = Self.condition(filter)
    return try await read { db in
      let total =
        try Int.fetchOne(db, sql: "SELECT count(*) FROM audit_events" + condition, arguments: arguments) ?? 0
      let rows = try Row.fetchAll(
        db,
        sql: AuditChain.selection + condition
          + " ORDER BY timestamp DESC, chain_index DESC, id DESC LIMIT \(size) OFFSET \((number - 1) * size)",
        arguments: arguments)
      return AuditPage(events: rows.map { AuditRecord($0) }, page: number, pageSize: size, totalCount: total)
    }
  }

  /// A part of the audit trail, newest first, read on from a place in it: each part costs the same, however deep
  /// it lies.
  ///
  /// - Parameters:
  ///   - filter: which events.
  ///   - limit: 1 to 1,000; beyond that it is cut.
  ///   - after: `next` of the part before; `nil` for the first.
  /// - Throws: `invalid` for a cursor that is not one of ours, `unavailable`.
  public func listAudit(
    _ filter: AuditFilter, limit: Int, after: String?
  ) async throws(StoreError) -> AuditWindow {
    await writeQueuedAudit()
    let count = max(1, min(1000, limit))
    var (condition, arguments) = Self.condition(filter)
    if let after {
      guard let cursor = PageCursor(text: after) else {
        throw .invalid(field: "after", reason: "is not a cursor of ours")
      }
      condition += (condition.isEmpty ? " WHERE " : " AND ") + "(timestamp, id) < (?, ?)"
      arguments += [cursor.place, cursor.id]
    }
    let sql = AuditChain.selection + condition + " ORDER BY timestamp DESC, id DESC LIMIT \(count + 1)"
    let values = arguments
    return try await read { db in
      let rows = try Row.fetchAll(db, sql: sql, arguments: values)
      var window = AuditWindow(events: rows.prefix(count).map { AuditRecord($0) }, next: nil)
      if rows.count > count, let last = rows.prefix(count).last {
        window.next = PageCursor(place: last["timestamp"] ?? "", id: last["id"] ?? "").text
      }
      return window
    }
  }

  /// One audit event.
  ///
  /// - Throws: `notFound`, `unavailable`.
  public func auditEvent(id: String) async throws(StoreError) -> AuditRecord {
    await writeQueuedAudit()
    return try await read { db in
      guard let row = try Row.fetchOne(db, sql: AuditChain.selection + " WHERE id = ?", arguments: [id])
      else {
        throw StoreError.notFound
      }
      return AuditRecord(row)
    }
  }

  /// Computes the hash chain of the audit trail again.
  ///
  /// - Throws: `unavailable`.
  public func verifyAudit() async throws(StoreError) -> AuditVerification {
    await writeQueuedAudit()
    return try await read { db in try AuditChain.verify(db) }
  }

  /// Has events that wait in the queue written, so that who asks for the trail next sees them.
  private func writeQueuedAudit() async {
    guard writer.audit.queued > 0, writer.problem == nil else { return }
    // When it fails the list shows what is in the file, which is the truth then.
    try? await writer.write { _ in }
  }

  private static func condition(_ filter: AuditFilter) -> (sql: String, arguments: StatementArguments) {
    var conditions: [String] = []
    var arguments: StatementArguments = []
    for (column, value) in [
      ("action", filter.action), ("actor", filter.actor), ("outcome", filter.outcome),
      ("project_id", filter.projectID), ("request_id", filter.requestID),
      ("correlation_id", filter.correlationID),
      ("client_ip", filter.clientIP), ("method", filter.method), ("path", filter.path),
    ] {
      guard let value else { continue }
      conditions.append("\(column) = ?")
      arguments += [value]
    }
    // Times of the Go program may be in its host's zone: the text narrows by the index, generously, and the
    // moment decides.
    if let start = filter.start {
      conditions.append("timestamp >= ? AND julianday(timestamp) >= julianday(?)")
      arguments += [start.advanced(by: .seconds(-86_400)).databaseText, start.databaseText]
    }
    if let end = filter.end {
      conditions.append("timestamp <= ? AND julianday(timestamp) <= julianday(?)")
      arguments += [end.advanced(by: .seconds(86_400)).databaseText, end.databaseText]
    }
    if let search = filter.search, !search.isEmpty {
      let columns = [
        "request_id", "correlation_id", "client_ip", "action", "actor", "method", "path", "reason",
        "metadata",
      ]
      let escaped = search.flatMap { "\\%_".contains($0) ? "\\\($0)" : "\($0)" }
      conditions.append("(" + columns.map { "\($0) LIKE ? ESCAPE '\\'" }.joined(separator: " OR ") + ")")
      for _ in columns { arguments += ["%" + String(escaped) + "%"] }
    }
    return (conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND "), arguments)
  }
}
