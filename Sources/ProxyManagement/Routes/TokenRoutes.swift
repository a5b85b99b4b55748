import Hummingbird
import ProxyCore
import ProxyStore

/// `/manage/tokens`. In a path, an access token is named by its id or by its secret.
struct TokenRoutes: Sendable {
  static let path = "/manage/tokens"
  /// Tokens read from the database at a time for a list without a limit.
  static let batch = 500

  let operations: Operations

  /// Adds the routes of access tokens.
  func add(to routes: RouteTable) {
    let items: [String: RouteTable.Handler] = ["GET": read, "PATCH": update, "DELETE": revoke]
    routes.managed(Self.path, ["GET": list, "POST": create]) { _ in items }
  }

  private func create(_ context: ManagementContext) async throws -> Reply {
    try await operations.audited("token.create", context) { draft in
      let fields = try RequestFields(context.request.body)
      let projectID = try fields.string("project_id") ?? ""
      let withering = try WitheringFields(fields)
      let limit = try withering.limit(fields.integer("max_requests"))
      let label = try fields.string("label")
      let budget = try BudgetFields.creation(fields)
      draft.projectID = projectID.isEmpty ? nil : projectID
      draft.note("duration_minutes", try fields.integer("duration_minutes").map { .integer($0) })
      let expiry = try TokenFields.expiry(fields, now: .now())
      guard !projectID.isEmpty else {
        throw ManagementFault.invalid("project_id is required", code: "missing_field")
      }
      try TokenFields.check(limit: limit)
      try TokenFields.check(label: label)
      let policies = try PolicyFields(fields)
      var creation = TokenCreation(projectID: projectID, expiresAt: expiry, maxRequests: limit, label: label)
      creation.policy = policies.newPolicy
      creation.metadata = policies.newMetadata
      withering.apply(to: &creation)
      creation.budget = budget
      policies.note(in: &draft)
      withering.note(in: &draft)
      let issued = try await operations.issue(creation, missing: .projectNotFound, &draft, context)
      let record = issued.record
      return .json(
        201, issued.document,
        headers: [("Location", "\(Self.path)/\(record.id)"), ("ETag", EntityTag(record).text)])
    }
  }

  private func read(_ context: ManagementContext) async throws -> Reply {
    let reference = try reference(context)
    return try await operations.audited("token.read", context) { draft in
      let record = try await token(reference, &draft)
      let children = try await operations.ask(to: "get token") { (state) throws(StoreError) in
        try await state.childrenCount(of: record.id)
      }
      return reply(record, [.init(name: "children_count", value: .integer(children))])
    }
  }

  private func update(_ context: ManagementContext) async throws -> Reply {
    let reference = try reference(context)
    return try await operations.audited("token.update", context) { draft in
      if case .id(let id) = reference { draft.tokenID = id }
      let fields = try RequestFields(context.request.body)
      try fields.refuseOthers(
        than: "is_active", "max_requests", "expires_at", "label", "policy", "metadata", "idle_timeout",
        "renew_on_use", "renew_until", "one_shot", "budget")
      let isActive = try fields.bool("is_active")
      let withering = try WitheringFields(fields)
      let limit = try withering.limit(fields.integer("max_requests"))
      let expiry = try fields.string("expires_at")
      let label = try fields.string("label")
      let budget = try BudgetFields.change(fields)
      let old = try await token(reference, &draft)
      try TokenFields.check(limit: limit)
      try TokenFields.check(label: label)
      var change = TokenChange(isActive: isActive)
      change.budget = budget
      if let limit { change.maxRequests = limit == 0 ? .clear : .set(limit) }
      if let label { change.label = label.isEmpty ? .clear : .set(label) }
      if let expiry {
        change.expiresAt = expiry == "never" ? .clear : .set(try TokenFields.expiry(expiry, now: .now()))
      }
      let policies = try PolicyFields(fields)
      change.policy = policies.policy
      change.metadata = policies.metadata
      withering.apply(to: &change, of: old)
      let isEmpty = policies.names.isEmpty && withering.isEmpty && !budget.isGiven
      guard isActive != nil || limit != nil || expiry != nil || label != nil || !isEmpty else {
        throw ManagementFault.invalid("no fields to update", code: "missing_field")
      }
      draft.note("updated_is_active", isActive.map { .bool($0) })
      draft.note("updated_max_requests", limit.map { $0 == 0 ? "unlimited" : .integer($0) })
      draft.note("updated_expires_at", expiry)
      draft.note("updated_label", label)
      policies.note(in: &draft, policy: old.policy, metadata: old.metadata)
      withering.note(in: &draft, prefix: "updated_")
      draft.note("updated_budget", budget.note)
      let (ifMatch, changes) = (context.request.list("if-match"), change)
      let updated = try await operations.change(
        to: "update token", missing: .tokenNotFound, &draft, context, noting: { (_: TokenRecord, _) in }
      ) { (state, event) throws(StoreError) in
        try await state.updateToken(
          reference, changes, if: { EntityTag($0).satisfies(ifMatch) }, event: event)
      }
      return reply(updated)
    }
  }

  private func revoke(_ context: ManagementContext) async throws -> Reply {
    let reference = try reference(context)
    return try await operations.audited("token.revoke", context) { draft in
      if case .id(let id) = reference { draft.tokenID = id }
      _ = try await operations.change(
        to: "revoke token", missing: .tokenNotFound, &draft, context,
        noting: { (revocation: TokenRevocation, draft) in draft.note(revocation) }
      ) { (state, event) throws(StoreError) in
        try await state.revokeToken(reference, event: event)
      }
      return Reply(status: 204)
    }
  }
}

// MARK: - Lists

extension TokenRoutes {
  private func list(_ context: ManagementContext) async throws -> Reply {
    try await operations.audited("token.list", context) { draft in
      let filter = try TokenFilter(context.query)
      let window = try PageWindow(context.query)
      draft.projectID = filter.projectID
      draft.note("filtered_by_project", .bool(filter.projectID != nil))
      let first = try await operations.ask(to: "list tokens") { (state) throws(StoreError) in
        try await state.listTokens(filter, limit: window?.limit ?? Self.batch, after: window?.after)
      }
      if window != nil || first.next == nil { draft.note("token_count", .integer(first.tokens.count)) }
      if let window {
        let headers = window.headers(next: first.next, for: context.request)
        return .json(200, .array(first.tokens.map { $0.document }), headers: headers)
      }
      guard first.next != nil else { return .json(200, .array(first.tokens.map { $0.document })) }
      draft.note("streamed", .bool(true))
      return stream(first, filter)
    }
  }

  /// The whole list as one array, read and sent batch by batch, so that memory does not grow with its length.
  private func stream(_ first: TokenPage, _ filter: TokenFilter) -> Reply {
    let operations = operations
    return Reply(
      status: 200, headers: [Reply.jsonType],
      body: .pieces { writer in
        var page = first
        var separator = UInt8(ascii: "[")
        while true {
          var piece: [UInt8] = []
          for token in page.tokens {
            piece.append(separator)
            separator = UInt8(ascii: ",")
            token.document.write(to: &piece)
          }
          guard let next = page.next else {
            piece.append(contentsOf: "]\n".utf8)
            return try await writer.write(ByteBuffer(bytes: piece))
          }
          try await writer.write(ByteBuffer(bytes: piece))
          page = try await operations.ask(to: "list tokens") { (state) throws(StoreError) in
            try await state.listTokens(filter, limit: Self.batch, after: next)
          }
        }
      })
  }
}

extension TokenRoutes {
  private func reference(_ context: ManagementContext) throws(ManagementFault) -> TokenReference {
    let rest = context.item(of: Self.path)
    guard !rest.isEmpty else { throw .invalid("token ID is required", code: "missing_token_id") }
    return TokenReference(pathComponent: Percent.decoded(rest) ?? String(rest))
  }

  private func token(
    _ reference: TokenReference, _ draft: inout AuditDraft
  ) async throws(ManagementFault) -> TokenRecord {
    if case .id(let id) = reference { draft.tokenID = id }
    let record = try await operations.ask(to: "get token", missing: .tokenNotFound) {
      (state) throws(StoreError) in
      try await state.token(reference)
    }
    draft.tokenID = record.id
    draft.projectID = record.projectID
    return record
  }

  private func reply(_ record: TokenRecord, _ more: [JSONValue.Member] = []) -> Reply {
    .json(200, record.document.adding(more), headers: [("ETag", EntityTag(record).text)])
  }
}

extension AuditDraft {
  /// Adds what a revocation came to.
  mutating func note(_ revocation: TokenRevocation) {
    tokenID = revocation.record.id
    projectID = revocation.record.projectID
    note("already_revoked", .bool(!revocation.wasActive))
    if revocation.descendants > 0 { note("revoked_descendants", .integer(revocation.descendants)) }
  }
}

extension TokenFilter {
  /// Longest text that can be searched for.
  private static let searchBytes = 255

  /// Reads the query of a list. Throws 400 for a state or an order that there is not.
  fileprivate init(_ query: QueryFields) throws(ManagementFault) {
    self.init(
      projectID: query.text("project_id", "projectId"),
      activeOnly: query.flag("active_only", "activeOnly") ?? false, search: query.text("search"),
      parentID: query.text("parent_id"))
    if let search, search.utf8.count > Self.searchBytes {
      throw Self.fault("search", "must have at most \(Self.searchBytes) bytes")
    }
    if let text = query.text("status") {
      guard let status = TokenStatus(rawValue: text) else {
        throw Self.fault(
          "status", "must be one of \(TokenStatus.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      self.status = status
    }
    if let text = query.text("sort") {
      guard let key = TokenOrder.Key(rawValue: text) else {
        throw Self.fault(
          "sort", "must be one of \(TokenOrder.Key.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      order.key = key
    }
    switch query.text("order") {
    case "asc": order.isAscending = true
    case "desc", nil: break
    default: throw Self.fault("order", "must be asc or desc")
    }
  }

  private static func fault(_ name: String, _ reason: String) -> ManagementFault {
    ManagementFault(400, "invalid_request", "\(name) \(reason)", param: name)
  }
}
