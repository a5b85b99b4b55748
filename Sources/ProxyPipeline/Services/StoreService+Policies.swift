import CLLMProxyPlugin
import ProxyStore

extension StoreService {
  /// The policies a request is under, as stages see them.
  static func addPolicies(to table: inout llmp_store_api_t) {
    table.policy_members = { _, handle in
      RequestTable.with(handle, else: 0) { $0.policies.members.rawValue }
    }
    table.policy_at = { _, handle, index, out in
      RequestTable.with(handle, else: LLMP_E_STATE) { exchange in
        guard let out, Int(out.pointee.struct_size) >= MemoryLayout<llmp_policy_t>.size else {
          return LLMP_E_INVALID
        }
        guard index < exchange.policies.links.count else { return LLMP_E_NOT_FOUND }
        StoreService.fill(out, exchange.policies.links[Int(index)], exchange)
        return LLMP_OK
      }
    }
    table.policy_applied = { _, handle, members in
      RequestTable.with(handle, else: LLMP_E_STATE) { exchange in
        // Nobody can see to what nobody can read.
        exchange.appliedPolicies.formUnion(PolicyMembers(rawValue: members).subtracting(.unreadable))
        return LLMP_OK
      }
    }
  }

  private static func fill(
    _ out: UnsafeMutablePointer<llmp_policy_t>, _ link: PolicyChain.Link, _ exchange: Exchange
  ) {
    switch link.owner {
    case .project(let project):
      out.pointee.owner = LLMP_POLICY_OF_PROJECT
      out.pointee.owner_id = exchange.copyToArena(project.id).text
    case .token(let token):
      out.pointee.owner = LLMP_POLICY_OF_TOKEN
      out.pointee.owner_id = token.withIDBytes { exchange.arena.copy($0) }.text
    }
    let policy = link.policy
    out.pointee.members = policy.members.rawValue
    out.pointee.number = policy.number
    out.pointee.json = Slice(policy.text).text
    out.pointee.requests_per_minute = policy.requestsPerMinute
    out.pointee.tokens_per_minute = policy.tokensPerMinute
    out.pointee.concurrency = policy.concurrency
  }
}

extension Exchange {
  /// A stage that knows no access tokens has said who pays: the project's policies hold all the same.
  func adoptPolicies(ofProject id: Slice) {
    guard token == nil else { return }
    policies.removeAll()
    if let project = loop.state.directory.project(id: id.string) { policies.append(project) }
  }
}
