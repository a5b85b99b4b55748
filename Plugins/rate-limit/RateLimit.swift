internal import CLLMProxyPlugin
internal import LLMProxyPluginKit

/// Requests per minute and requests at a time, per access token, project, client network and for
/// all; and what the policies of project and token add to that, tokens of the model included. Every
/// limit of a request is taken in one step, or none is.
///
/// Taken as soon as the head is there, so that a flood is turned away before its bodies are read;
/// with the body, when a policy limits tokens, because what a request may use is estimated from it.
/// A request that is refused afterwards without having reached a provider (a model that is not
/// allowed, say) gets its place back in `requestDone`, where estimates become what was used.
final class RateLimit: Middleware, RequestHeadersHook, RequestBodyHook, RequestDoneHook {
  static let name = "rate-limit"
  static let summary = "Requests and tokens per minute and at a time, per token, project, address and in all"
  static let consumes = ["llmp.project_id", "llmp.token_id"]
  static let services = ["llmp.limits/1", "llmp.store/1", "llmp.json/1"]
  static let configSchema = RateLimitSettings.schema
  static let flags: MiddlewareFlags = .needsRequestBody

  private let settings: RateLimitSettings
  private let limits: LimitsService
  private let store: StoreService
  private let json: JSONService
  private let policies: PolicyLimits
  private let countsAddresses: Bool
  private let algorithm: UInt32

  init(config: PluginConfig, host: Host) throws(PluginFailure) {
    settings = try RateLimitSettings(config)
    limits = try host.limits()
    store = try host.store()
    json = try host.json()
    policies = PolicyLimits(instance: config.instance)
    countsAddresses = settings.rules.contains { $0.scope == .address }
    algorithm =
      switch settings.algorithm {
      case .tokenBucket: LLMP_LIMIT_TOKEN_BUCKET
      case .fixedWindow: LLMP_LIMIT_FIXED_WINDOW
      }
  }

  static func validate(_ config: PluginConfig) throws(PluginFailure) {
    _ = try RateLimitSettings(config)
  }

  func requestHeaders(_ request: Request) throws -> Verdict {
    let members = store.policyMembers(of: request).intersection(PolicyLimits.members)
    if members.contains(.tokens), Self.bringsJSON(request) { return .continue }
    if settings.rules.isEmpty, members.isEmpty { return .detach }
    return try admit(request, members, estimate: UsageEstimate.least)
  }

  func requestBody(_ request: Request) throws -> Verdict {
    try admit(
      request, store.policyMembers(of: request).intersection(PolicyLimits.members),
      estimate: UsageEstimate.of(request, json))
  }

  func requestDone(_ request: Request) {
    let lease = UInt64(request.word)
    guard lease != 0, let exchange = request.exchange() else { return }
    let isUntouched = exchange.isGatewayReply && exchange.attempts == 0 && exchange.status >= 400
    // The host may have let go of the lease already; then the request has counted, which is safe.
    if isUntouched {
      for (index, rule) in settings.rules.enumerated() where rule.kind == .rate {
        try? limits.settle(lease: lease, index: index, cost: 0)
      }
    }
    guard !store.policyMembers(of: request).isDisjoint(with: PolicyLimits.members),
      let claims = try? policies.claims(store, request)
    else { return }
    let used = isUntouched ? 0 : Self.used(request, exchange)
    for (index, claim) in claims.enumerated() {
      let position = settings.rules.count + index
      switch claim.rule.kind {
      case .rate where isUntouched: try? limits.settle(lease: lease, index: position, cost: 0)
      case .tokens:
        if let used { try? limits.settle(lease: lease, index: position, cost: used) }
      case .rate, .concurrency: break
      }
    }
  }

  private func admit(_ request: Request, _ members: PolicyMembers, estimate: UInt64) throws -> Verdict {
    let claims = members.isEmpty ? [] : try policies.claims(store, request)
    let network =
      countsAddresses
      ? ClientNetwork(request.attribute(.clientAddress).unsafeBytes)
      : ClientNetwork(UnsafeRawBufferPointer(start: nil, count: 0))
    let outcome = try withUnsafeBytes(of: network.text) { bytes in
      let caller = Caller(
        token: request.metadataBytes(.tokenID), project: request.metadataBytes(.projectID),
        network: UnsafeRawBufferPointer(rebasing: bytes[..<network.count]))
      return try take(caller, claims, estimate: estimate, for: request)
    }
    guard outcome.isAllowed else { return try LimitRefusal.answer(request, outcome, settings.rules, claims) }
    request.word = UInt(outcome.lease)
    if !members.isEmpty { try store.applied(PolicyLimits.members, to: request) }
    return .detach
  }

  private func take(
    _ caller: Caller, _ claims: [LimitClaim], estimate: UInt64, for request: Request
  ) throws -> LimitsService.Outcome {
    let rules = settings.rules
    func claim(_ index: Int) -> LimitClaim {
      index < rules.count
        ? LimitClaim(rule: rules[index], identity: caller.identity(for: rules[index].scope))
        : claims[index - rules.count]
    }
    let count = rules.count + claims.count
    var keyBytes = claims.reduce(0) { $0 + $1.keyBytes }
    // In place: a claim would count the references of its rule.
    for index in rules.indices {
      keyBytes += rules[index].keyBytes + caller.identity(for: rules[index].scope).count
    }
    return try withUnsafeTemporaryAllocation(byteCount: keyBytes, alignment: 1) { memory in
      try withUnsafeTemporaryAllocation(of: llmp_limit_t.self, capacity: count) { entries in
        var keys = LimitKeys(memory)
        for index in 0..<count {
          let claim = claim(index)
          entries.initializeElement(
            at: index, to: entry(claim.rule, keys.append(claim), isOwn: index < rules.count, estimate))
        }
        return try limits.take(entries, for: request)
      }
    }
  }

  private func entry(
    _ rule: LimitRule, _ key: UnsafeRawBufferPointer, isOwn: Bool, _ estimate: UInt64
  ) -> llmp_limit_t {
    var entry = llmp_limit_t()
    entry.struct_size = UInt32(MemoryLayout<llmp_limit_t>.size)
    entry.key = llmp_str_t(
      ptr: key.baseAddress?.assumingMemoryBound(to: CChar.self), len: key.count)
    entry.limit = rule.limit
    entry.cost = 1
    entry.algorithm = algorithm
    entry.window_ms = 60_000
    switch rule.kind {
    case .rate:
      entry.burst = isOwn ? settings.burst : 0
    case .tokens:
      // A request that may use more than a minute's worth can pass when nothing else has been used.
      entry.cost = min(estimate, rule.limit)
    case .concurrency:
      entry.algorithm = LLMP_LIMIT_CONCURRENCY
      entry.window_ms = 0
    }
    return entry
  }

  /// What the provider says was used; nothing when it answered with an error; nil when it does not say, then
  /// the estimate stands.
  private static func used(_ request: Request, _ exchange: Exchange) -> UInt64? {
    if let usage = request.usage() {
      if usage.total_tokens >= 0 { return UInt64(usage.total_tokens) }
      if usage.input_tokens >= 0 || usage.output_tokens >= 0 {
        return UInt64(max(0, usage.input_tokens)) &+ UInt64(max(0, usage.output_tokens))
      }
    }
    // A kept answer used nothing of a model either.
    let isKept = exchange.isGatewayReply && exchange.attempts == 0
    return exchange.status >= 400 || isKept ? 0 : nil
  }

  /// Whether the request says that a JSON body follows; other bodies say nothing of what will be used.
  private static func bringsJSON(_ request: Request) -> Bool {
    guard let type = request.header("content-type") else { return false }
    return String(type).lowercased().contains("json")
  }
}
