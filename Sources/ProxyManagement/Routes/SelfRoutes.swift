import ProxyCore
import ProxyStore

/// `/self`: what the holder of an access token may ask and do with nothing but that token.
struct SelfRoutes: Sendable {
  static let path = "/self"
  static let tokensPath = "/self/tokens"
  private static let actor = "access_token"

  let operations: Operations

  /// Adds the routes of holders.
  func add(to routes: RouteTable, through gate: SelfGate) {
    let items: [String: SelfGate.Handler] = ["DELETE": revoke]
    routes.held(Self.path, through: gate, ["GET": show])
    routes.held(Self.tokensPath, through: gate, ["GET": list, "POST": mint]) { _ in items }
  }

  private func show(_ context: ManagementContext, _ holderID: String) async throws -> Reply {
    let lineage = try await lineage(holderID, to: "get token")
    let project = try await operations.ask(to: "get token", missing: .projectNotFound) {
      (state) throws(StoreError) in
      try await state.project(id: lineage[0].projectID)
    }
    let policy = try await operations.ask(to: "get token", missing: .tokenNotFound) {
      (state) throws(StoreError) in
      try await state.effectivePolicy(of: holderID)
    }
    var query = UsageQuery()
    query.tokenID = holderID
    let asked = query
    let usage = try await operations.ask(to: "read usage") { (state) throws(StoreError) in
      try await state.usage(asked)
    }
    let holder = HolderDocument(lineage: lineage, project: project, policy: policy, usage: usage)
    return .json(200, holder.document)
  }

  private func mint(_ context: ManagementContext, _ holderID: String) async throws -> Reply {
    try await operations.audited("token.mint", context, actor: Self.actor) { draft in
      draft.note("parent_id", holderID)
      let lineage = try await lineage(holderID, to: "store token")
      draft.projectID = lineage[0].projectID
      draft.note("ancestors", .array(lineage.map { .string($0.id) }))
      let wish = try creation(RequestFields(context.request.body), by: lineage[0])
      if let policy = wish.policy { draft.note("policy", policy.document) }
      let issued = try await operations.issue(
        wish, missing: ManagementFault.withered(.revoked) ?? .tokenNotFound, &draft, context,
        actor: Self.actor)
      return .json(201, issued.document, headers: [("Location", "\(Self.tokensPath)/\(issued.record.id)")])
    }
  }

  /// What the body asks for. Everything may be left out: the child is then as wide as the holder.
  private func creation(
    _ fields: RequestFields, by holder: TokenRecord
  ) throws(ManagementFault) -> TokenCreation {
    let expiryNames = ["duration_minutes", "duration_hours", "expires_in", "expires_at", "never"]
    try fields.refuseOthers(
      than: "duration_minutes", "duration_hours", "expires_in", "expires_at", "never", "max_requests",
      "label",
      "policy", "metadata", "idle_timeout", "renew_on_use", "renew_until", "one_shot", "budget")
    let withering = try WitheringFields(fields)
    let limit = try withering.limit(fields.integer("max_requests"))
    let label = try fields.string("label")
    try TokenFields.check(limit: limit)
    try TokenFields.check(label: label)
    let hasExpiry = expiryNames.contains { fields.contains($0) }
    let expiry = hasExpiry ? try TokenFields.expiry(fields, now: .now()) : nil
    if hasExpiry, expiry == nil, holder.expiresAt != nil { throw .widerThanParent("expires_at") }
    var creation = TokenCreation(
      projectID: holder.projectID, expiresAt: expiry, maxRequests: limit, label: label)
    let policies = try PolicyFields(fields)
    creation.policy = policies.newPolicy
    creation.metadata = policies.newMetadata
    creation.budget = try BudgetFields.creation(fields)
    creation.parentID = holder.id
    withering.apply(to: &creation)
    return creation
  }

  private func list(_ context: ManagementContext, _ holderID: String) async throws -> Reply {
    let window = try PageWindow(context.query)
    let filter = TokenFilter(parentID: holderID)
    let page = try await operations.ask(to: "list tokens") { (state) throws(StoreError) in
      try await state.listTokens(filter, limit: window?.limit ?? PageWindow.maximum, after: window?.after)
    }
    let headers = window?.headers(next: page.next, for: context.request) ?? []
    return .json(200, .array(page.tokens.map { $0.document }), headers: headers)
  }

  private func revoke(_ context: ManagementContext, _ holderID: String) async throws -> Reply {
    let rest = context.item(of: Self.tokensPath)
    guard !rest.isEmpty else {
      throw ManagementFault.invalid("token ID is required", code: "missing_token_id")
    }
    let id = Percent.decoded(rest) ?? String(rest)
    return try await operations.audited("token.revoke", context, actor: Self.actor) { draft in
      draft.tokenID = id
      draft.note("parent_id", holderID)
      _ = try await operations.change(
        to: "revoke token", missing: .tokenNotFound, &draft, context, actor: Self.actor,
        noting: { (revocation: TokenRevocation, draft) in draft.note(revocation) }
      ) { (state, event) throws(StoreError) in
        try await state.revokeChild(id: id, of: holderID, event: event)
      }
      return Reply(status: 204)
    }
  }

  private func lineage(_ id: String, to action: String) async throws(ManagementFault) -> [TokenRecord] {
    try await operations.ask(to: action, missing: .tokenNotFound) { (state) throws(StoreError) in
      try await state.lineage(id: id)
    }
  }
}
