internal import CLLMProxyPlugin
internal import LLMProxyPluginKit

/// Requests per minute and requests at a time, per access token, project, client network and for
/// all. Every limit of a request is taken in one step, or none is.
///
/// Taken as soon as the head is there, so that a flood is turned away before its bodies are read.
/// A request that is refused afterwards without having reached a provider (a model that is not
/// allowed, say) gets its place back in `requestDone`.
final class RateLimit: Middleware, RequestHeadersHook, RequestDoneHook {
  static let name = "rate-limit"
  static let summary = "Requests per minute and at a time, per token, project, address and in all"
  static let consumes = ["llmp.project_id", "llmp.token_id"]
  static let services = ["llmp.limits/1"]
  static let configSchema = RateLimitSettings.schema

  private static let longestRetryMilliseconds: UInt64 = 60_000
  private static let concurrencyRetryMilliseconds: UInt64 = 1_000

  private let settings: RateLimitSettings
  private let limits: LimitsService
  private let countsAddresses: Bool
  private let algorithm: UInt32

  init(config: PluginConfig, host: Host) throws(PluginFailure) {
    settings = try RateLimitSettings(config)
    limits = try host.limits()
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
    if settings.rules.isEmpty { return .detach }
    let network =
      countsAddresses
      ? ClientNetwork(request.attribute(.clientAddress).unsafeBytes)
      : ClientNetwork(UnsafeRawBufferPointer(start: nil, count: 0))
    let outcome = try withUnsafeBytes(of: network.text) { bytes in
      try take(
        Caller(
          token: request.metadataBytes(.tokenID), project: request.metadataBytes(.projectID),
          network: UnsafeRawBufferPointer(rebasing: bytes[..<network.count])),
        for: request)
    }
    guard outcome.isAllowed else { return try refuse(request, outcome) }
    request.word = UInt(outcome.lease)
    return .detach
  }

  func requestDone(_ request: Request) {
    let lease = UInt64(request.word)
    guard lease != 0, let exchange = request.exchange(), exchange.isGatewayReply,
      exchange.attempts == 0, exchange.status >= 400
    else { return }
    for (index, rule) in settings.rules.enumerated() where rule.kind == .rate {
      // The host may have let go of the lease already; then the request has counted, which is safe.
      try? limits.settle(lease: lease, index: index, cost: 0)
    }
  }

  private func take(_ caller: Caller, for request: Request) throws -> LimitsService.Outcome {
    let rules = settings.rules
    return try withUnsafeTemporaryAllocation(
      byteCount: caller.keyBytes(rules), alignment: 1
    ) { memory in
      try withUnsafeTemporaryAllocation(of: llmp_limit_t.self, capacity: rules.count) { entries in
        var keys = LimitKeys(memory)
        for (index, rule) in rules.enumerated() {
          entries.initializeElement(at: index, to: entry(rule, key: keys.append(rule, caller)))
        }
        return try limits.take(entries, for: request)
      }
    }
  }

  private func entry(_ rule: LimitRule, key: UnsafeRawBufferPointer) -> llmp_limit_t {
    var entry = llmp_limit_t()
    entry.struct_size = UInt32(MemoryLayout<llmp_limit_t>.size)
    entry.key = llmp_str_t(
      ptr: key.baseAddress?.assumingMemoryBound(to: CChar.self), len: key.count)
    entry.limit = rule.limit
    entry.cost = 1
    switch rule.kind {
    case .rate:
      entry.algorithm = algorithm
      entry.window_ms = 60_000
      entry.burst = settings.burst
    case .concurrency:
      entry.algorithm = LLMP_LIMIT_CONCURRENCY
    }
    return entry
  }

  private func refuse(_ request: Request, _ outcome: LimitsService.Outcome) throws -> Verdict {
    guard settings.rules.indices.contains(outcome.refusedIndex) else {
      throw PluginFailure("llmp.limits/1 refused limit \(outcome.refusedIndex), which it was not asked")
    }
    let rule = settings.rules[outcome.refusedIndex]
    // SDKs ignore a time above a minute, or give up.
    var wait = min(outcome.retryAfterMilliseconds, Self.longestRetryMilliseconds)
    if wait == 0 { wait = rule.kind == .rate ? 1 : Self.concurrencyRetryMilliseconds }
    try request.setHeader("retry-after-ms", "\(wait)", in: .response)
    try request.setHeader("retry-after", "\((wait + 999) / 1000)", in: .response)
    if rule.kind == .rate {
      try request.setHeader("x-ratelimit-limit-requests", "\(rule.limit)", in: .response)
      try request.setHeader("x-ratelimit-remaining-requests", "\(outcome.remaining)", in: .response)
    }
    return try request.respondError(
      rule.status, type: rule.errorType, code: rule.code, message: rule.message)
  }
}
