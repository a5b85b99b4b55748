import ProxyCore
import ProxyStore

/// `/manage/projects`.
struct ProjectRoutes: Sendable {
  static let path = "/manage/projects"
  private static let revocation = "/tokens/revoke"

  let operations: Operations

  /// Adds the routes of projects.
  func add(to routes: RouteTable) {
    let item: [String: RouteTable.Handler] = ["GET": read, "PATCH": update, "DELETE": delete]
    // The methods of a project answer here too, as in the Go program; what the address offers is `POST`.
    let refusal: RouteTable.Handler = { _ in throw ManagementFault.methodNotAllowed(["POST"]) }
    let offered: [String: RouteTable.Handler] = [
      "POST": revokeTokens, "PUT": refusal, "OPTIONS": refusal, "HEAD": refusal, "TRACE": refusal,
    ]
    let revocation = item.merging(offered) { $1 }
    routes.managed(Self.path, ["GET": list, "POST": create]) { rest in
      ("/" + rest).hasSuffix(Self.revocation) ? revocation : item
    }
  }

  private func list(_ context: ManagementContext) async throws -> Reply {
    try await operations.audited("project.list", context) { draft in
      let window = try PageWindow(context.query)
      let all = try await operations.ask(to: "list projects") { (state) throws(StoreError) in
        try await state.listProjects()
      }
      var from = all.startIndex
      if let after = window?.after {
        // A place among all: the project may have been renamed or deactivated since.
        guard let last = all.firstIndex(where: { $0.id == after }) else { throw PageWindow.unknownAfter }
        from = last + 1
      }
      let rest = picked(all[from...], context.query)
      draft.note("project_count", .integer(window == nil ? rest.count : all.count))
      guard let window else { return .json(200, .array(rest.map { $0.document })) }
      let page = rest.prefix(window.limit)
      let next = page.count < rest.count ? page.last?.id : nil
      return .json(
        200, .array(page.map { $0.document }), headers: window.headers(next: next, for: context.request))
    }
  }

  /// Those that `search` (a part of name or id, in either case) and `active_only` pick.
  private func picked(_ projects: ArraySlice<ProjectRecord>, _ query: QueryFields) -> [ProjectRecord] {
    let wanted = query.text("search")?.lowercased()
    let activeOnly = query.flag("active_only", "activeOnly") ?? false
    return projects.filter { project in
      (!activeOnly || project.isActive)
        && wanted.map { project.name.lowercased().contains($0) || project.id.contains($0) } ?? true
    }
  }

  private func create(_ context: ManagementContext) async throws -> Reply {
    try await operations.audited("project.create", context) { draft in
      let fields = try RequestFields(context.request.body)
      let name = try fields.string("name") ?? ""
      let key = try ProjectFields.key(fields)
      let budget = try BudgetFields.creation(fields)
      draft.note("project_name", name)
      guard !name.allSatisfy(\.isWhitespace), let key else {
        throw ManagementFault.invalid("name and api_key are required", code: "missing_field")
      }
      try ProjectFields.check(key: key)
      try ProjectFields.check(name: name)
      let policies = try PolicyFields(fields)
      var creation = ProjectCreation(name: name, providerKey: Secret(key))
      creation.policy = policies.newPolicy
      creation.metadata = policies.newMetadata
      creation.budget = budget
      policies.note(in: &draft)
      let wanted = creation
      let project = try await operations.change(
        to: "create project", &draft, context,
        noting: { (project: ProjectRecord, draft) in draft.projectID = project.id }
      ) { (state, event) throws(StoreError) in
        try await state.createProject(wanted, event: event)
      }
      return reply(201, project, [("Location", "\(Self.path)/\(project.id)")])
    }
  }

  private func read(_ context: ManagementContext) async throws -> Reply {
    try await operations.audited("project.read", context) { draft in
      let id = try self.id(context)
      draft.projectID = id
      return reply(200, try await project(id))
    }
  }

  private func update(_ context: ManagementContext) async throws -> Reply {
    try await operations.audited("project.update", context) { draft in
      let id = try self.id(context)
      draft.projectID = id
      let fields = try RequestFields(context.request.body)
      let change = try ProjectFields(fields)
      draft.note("updated_fields", .array(change.names.map { .string($0) }))
      let old = try await project(id)
      change.policies.note(in: &draft, policy: old.policy, metadata: old.metadata)
      try change.check()
      let ifMatch = context.request.list("if-match")
      let updated = try await operations.change(
        to: "update project", missing: .projectNotFound, &draft, context,
        noting: { (project: ProjectRecord, draft) in draft.note("project_name", project.name) }
      ) { (state, event) throws(StoreError) in
        try await state.updateProject(
          id: id, change.change, if: { EntityTag($0).satisfies(ifMatch) }, event: event)
      }
      return reply(200, updated)
    }
  }

  private func delete(_ context: ManagementContext) async throws -> Reply {
    try await operations.audited("project.delete", context) { draft in
      let id = try self.id(context)
      draft.projectID = id
      let purge = context.query.flag("purge") ?? false
      draft.note("purge", .bool(purge))
      _ = try await operations.change(
        to: "delete project", missing: .projectNotFound, &draft, context,
        noting: { (counts: RevocationCounts, draft) in
          draft.note("revoked_count", .integer(counts.revoked))
        }
      ) { (state, event) throws(StoreError) in
        try await state.deleteProject(id: id, isPurge: purge, event: event)
      }
      return Reply(status: 204)
    }
  }

  private func revokeTokens(_ context: ManagementContext) async throws -> Reply {
    try await operations.audited("token.revoke_batch", context) { draft in
      let component = context.item(of: Self.path).dropLast(Self.revocation.utf8.count)
      guard !component.isEmpty, !component.contains("/"), let id = Percent.decoded(component) else {
        throw ManagementFault.invalid("invalid path", code: "invalid_path")
      }
      draft.projectID = id
      let counts = try await operations.change(
        to: "get project tokens", missing: .projectNotFound, &draft, context,
        noting: { (counts: RevocationCounts, draft) in
          draft.note("total_tokens", .integer(counts.total))
          draft.note("revoked_count", .integer(counts.revoked))
          draft.note("already_revoked_count", .integer(counts.alreadyRevoked))
        }
      ) { (state, event) throws(StoreError) in
        try await state.revokeTokens(projectID: id, event: event)
      }
      return .json(
        200,
        [
          "revoked_count": .integer(counts.revoked), "already_revoked_count": .integer(counts.alreadyRevoked),
          "total_tokens": .integer(counts.total),
        ])
    }
  }
}

extension ProjectRoutes {
  private func id(_ context: ManagementContext) throws(ManagementFault) -> String {
    let rest = context.item(of: Self.path)
    guard !rest.isEmpty, !rest.contains("/"), let id = Percent.decoded(rest), !id.contains("/") else {
      throw .invalid("invalid project id", code: "invalid_project_id")
    }
    return id
  }

  private func project(_ id: String) async throws(ManagementFault) -> ProjectRecord {
    try await operations.ask(to: "get project", missing: .projectNotFound) { (state) throws(StoreError) in
      try await state.project(id: id)
    }
  }

  private func reply(_ status: UInt16, _ project: ProjectRecord, _ headers: [(String, String)] = []) -> Reply
  {
    .json(status, project.document, headers: [("ETag", EntityTag(project).text)] + headers)
  }
}

extension ProjectRecord {
  /// The project as clients see it: the key masked, `deactivated_at` only while there is one.
  var document: JSONValue {
    var members: [JSONValue.Member] = [
      .init(name: "id", value: .string(id)),
      .init(name: "name", value: .string(name)),
      .init(name: "api_key", value: .string(maskedProviderKey)),
      .init(name: "is_active", value: .bool(isActive)),
    ]
    if let deactivatedAt {
      members.append(.init(name: "deactivated_at", value: .string(deactivatedAt.rfc3339)))
    }
    members.append(.init(name: "created_at", value: .string(createdAt.rfc3339)))
    members.append(.init(name: "updated_at", value: .string(updatedAt.rfc3339)))
    members.append(.init(name: "policy", value: policy ?? .null))
    members.append(.init(name: "metadata", value: metadata ?? .null))
    members.append(.init(name: "budget", value: BudgetFields.document(budget, spent: spent)))
    return .object(members)
  }
}
