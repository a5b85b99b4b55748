internal import LLMProxyPluginKit

/// The settings of the stage. Every limit is off when it is 0 or absent.
struct RateLimitSettings: Sendable {
  enum Algorithm: Sendable {
    case tokenBucket
    case fixedWindow
  }

  static let schema = """
    {"type":"object","additionalProperties":false,"properties":{
    "requests_per_minute":{"type":["integer","string"]},
    "project_requests_per_minute":{"type":["integer","string"]},
    "global_requests_per_minute":{"type":["integer","string"]},
    "ip_requests_per_minute":{"type":["integer","string"]},
    "concurrent_requests":{"type":["integer","string"]},
    "project_concurrent_requests":{"type":["integer","string"]},
    "token_concurrent_requests":{"type":["integer","string"]},
    "algorithm":{"enum":["token-bucket","fixed-window",""]},
    "burst":{"type":["integer","string"]}}}
    """

  private static let limitKeys: [(key: String, scope: LimitRule.Scope, kind: LimitRule.Kind)] = [
    ("requests_per_minute", .token, .rate),
    ("project_requests_per_minute", .project, .rate),
    ("ip_requests_per_minute", .address, .rate),
    ("global_requests_per_minute", .everyone, .rate),
    ("token_concurrent_requests", .token, .concurrency),
    ("project_concurrent_requests", .project, .concurrency),
    ("concurrent_requests", .everyone, .concurrency),
  ]

  /// What is in force, the narrowest first: the refusal then names the caller's own limit.
  let rules: [LimitRule]
  let algorithm: Algorithm
  /// How many requests may come at once under a token bucket; 0: as many as the limit.
  let burst: UInt64

  init(_ config: PluginConfig) throws(PluginFailure) {
    try config.allowOnly(Self.limitKeys.map(\.key) + ["algorithm", "burst"])
    var rules: [LimitRule] = []
    for (key, scope, kind) in Self.limitKeys {
      let limit = try config.integer(key, default: 0, in: 0...1_000_000_000)
      if limit == 0 { continue }
      rules.append(
        LimitRule(scope: scope, kind: kind, limit: UInt64(limit), instance: config.instance))
    }
    self.rules = rules
    burst = UInt64(try config.integer("burst", default: 0, in: 0...1_000_000_000))
    switch try config.string("algorithm", default: "token-bucket") {
    case "token-bucket": algorithm = .tokenBucket
    case "fixed-window": algorithm = .fixedWindow
    case let other:
      throw .configuration("algorithm", "\"\(other)\" is unknown; use token-bucket or fixed-window")
    }
    if burst > 0, algorithm == .fixedWindow {
      throw .configuration("burst", "has no meaning for a fixed window; remove it")
    }
  }
}
