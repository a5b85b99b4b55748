import ProxyStore

/// `/manage/audit`.
struct AuditRoutes: Sendable {
  static let path = "/manage/audit"

  let operations: Operations

  /// Adds the routes of the audit trail.
  func add(to routes: RouteTable) {
    let items: [String: RouteTable.Handler] = ["GET": show]
    let check: [String: RouteTable.Handler] = ["GET": verify]
    routes.managed(Self.path, ["GET": list]) { $0 == "verify" ? check : items }
  }

  private func list(_ context: ManagementContext) async throws -> Reply {
    try await operations.audited("audit.list", context) { draft in
      if let window = try PageWindow(context.query) { return try await part(window, context, &draft) }
      let page = max(1, context.query.integer("page") ?? 1)
      let size = context.query.integer("page_size") ?? 20
      guard size > 0 else { throw ManagementFault.invalid("page_size must be > 0") }
      let filter = try filter(context.query)
      let found = try await operations.ask(to: "list audit events") { (state) throws(StoreError) in
        try await state.listAudit(filter, page: page, pageSize: min(size, 100))
      }
      draft.note("events_count", .integer(found.events.count))
      draft.note("page", .integer(found.page))
      draft.note("page_size", .integer(found.pageSize))
      draft.note("total_count", .integer(found.totalCount))
      return .json(200, found.document)
    }
  }

  /// The part of the trail that `limit` and `after` ask for, as an array.
  private func part(
    _ window: PageWindow, _ context: ManagementContext, _ draft: inout AuditDraft
  ) async throws -> Reply {
    let filter = try filter(context.query)
    let found = try await operations.ask(to: "list audit events") { (state) throws(StoreError) in
      try await state.listAudit(filter, limit: window.limit, after: window.after)
    }
    draft.note("events_count", .integer(found.events.count))
    return .json(
      200, .array(found.events.map { $0.document }),
      headers: window.headers(next: found.next, for: context.request))
  }

  private func verify(_ context: ManagementContext) async throws -> Reply {
    try await operations.audited("audit.verify", context) { draft in
      let found = try await operations.ask(to: "verify the audit trail") { (state) throws(StoreError) in
        try await state.verifyAudit()
      }
      draft.note("ok", .bool(found.isWhole))
      draft.note("verified", .integer(found.verified))
      return .json(
        200,
        [
          "ok": .bool(found.isWhole), "verified": .integer(found.verified),
          "unchained": .integer(found.unchained), "removed": .integer(found.removed),
          "head_hash": .optional(found.headHash), "problem": .optional(found.problem),
        ])
    }
  }

  private func show(_ context: ManagementContext) async throws -> Reply {
    let rest = context.item(of: Self.path)
    guard !rest.isEmpty else {
      throw ManagementFault.invalid("audit event ID is required", code: "missing_audit_event_id")
    }
    return try await operations.audited("audit.show", context) { draft in
      let id = Percent.decoded(rest) ?? String(rest)
      draft.note("audit_event_id", id)
      let event = try await operations.ask(to: "get audit event", missing: .auditEventNotFound) {
        (state) throws(StoreError) in
        try await state.auditEvent(id: id)
      }
      return .json(200, event.document)
    }
  }

  private func filter(_ query: QueryFields) throws(ManagementFault) -> AuditFilter {
    var filter = AuditFilter()
    filter.action = query.text("action")
    filter.actor = query.text("actor")
    filter.outcome = query.text("outcome")
    filter.projectID = query.text("project_id")
    filter.requestID = query.text("request_id")
    filter.correlationID = query.text("correlation_id")
    filter.clientIP = query.text("client_ip")
    filter.method = query.text("method")
    filter.path = query.text("path")
    filter.search = query.text("search")
    filter.start = try moment("start_time", query)
    filter.end = try moment("end_time", query)
    return filter
  }

  private func moment(_ name: String, _ query: QueryFields) throws(ManagementFault) -> Timestamp? {
    guard let text = query.text(name) else { return nil }
    // An unescaped plus of a zone ("+02:00") arrives as a space.
    guard let moment = TokenFields.moment(text) ?? TokenFields.moment(text.replacing(" ", with: "+")) else {
      throw .invalid("\(name) must be a time such as \"2030-01-31T12:00:00Z\"")
    }
    return moment
  }
}

extension AuditPage {
  /// The page as clients see it; `events` is never `null`.
  fileprivate var document: JSONValue {
    let pages = (totalCount + pageSize - 1) / pageSize
    return [
      "events": .array(events.map { $0.document }),
      "pagination": [
        "page": .integer(page), "page_size": .integer(pageSize), "total_count": .integer(totalCount),
        "total_pages": .integer(pages), "has_next": .bool(page < pages), "has_prev": .bool(page > 1),
      ],
    ]
  }
}

extension AuditRecord {
  /// The event as clients see it; what is not known is left out, `metadata` is a JSON document as text.
  var document: JSONValue {
    let fields: KeyValuePairs = [
      "id": id, "timestamp": timestamp.rfc3339, "action": action, "actor": actor, "project_id": projectID,
      "request_id": requestID, "correlation_id": correlationID, "client_ip": clientIP, "method": method,
      "path": path, "user_agent": userAgent, "outcome": outcome.rawValue, "reason": reason,
      "token_id": tokenID,
      "metadata": metadata,
    ]
    return .object(
      fields.compactMap { name, text in text.map { JSONValue.Member(name: name, value: .string($0)) } })
  }
}
