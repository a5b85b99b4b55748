internal import LLMProxyPluginKit

/// How a request is told that a limit was hit.
enum LimitRefusal {
  private static let longestRetryMilliseconds: UInt64 = 60_000
  private static let concurrencyRetryMilliseconds: UInt64 = 1_000

  /// Refuses in the name of the limit that refused, of the stage's own ones or of those of policies behind them.
  static func answer(
    _ request: Request, _ outcome: LimitsService.Outcome, _ rules: [LimitRule], _ claims: [LimitClaim]
  ) throws -> Verdict {
    let index = outcome.refusedIndex
    guard (0..<rules.count + claims.count).contains(index) else {
      throw PluginFailure("llmp.limits/1 refused limit \(index), which it was not asked")
    }
    let rule = index < rules.count ? rules[index] : claims[index - rules.count].rule
    // SDKs ignore a time above a minute, or give up.
    var wait = min(outcome.retryAfterMilliseconds, longestRetryMilliseconds)
    if wait == 0 { wait = rule.kind == .concurrency ? concurrencyRetryMilliseconds : 1 }
    try request.setHeader("retry-after-ms", "\(wait)", in: .response)
    try request.setHeader("retry-after", "\((wait + 999) / 1000)", in: .response)
    switch rule.kind {
    case .rate:
      try request.setHeader("x-ratelimit-limit-requests", "\(rule.limit)", in: .response)
      try request.setHeader("x-ratelimit-remaining-requests", "\(outcome.remaining)", in: .response)
    case .tokens:
      try request.setHeader("x-ratelimit-limit-tokens", "\(rule.limit)", in: .response)
    case .concurrency: break
    }
    return try request.respondError(
      rule.status, type: rule.errorType, code: rule.code, message: rule.message)
  }
}
