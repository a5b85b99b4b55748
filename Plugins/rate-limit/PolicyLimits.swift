internal import LLMProxyPluginKit

/// The limits that policies of projects and access tokens set.
struct PolicyLimits: Sendable {
  static let members: PolicyMembers = [.requests, .tokens, .concurrency]

  private struct Patterns: Sendable {
    let rate: LimitRule
    let tokens: LimitRule
    let concurrency: LimitRule

    init(_ scope: LimitRule.Scope, instance: String) {
      rate = LimitRule(scope: scope, kind: .rate, limit: 0, instance: instance)
      tokens = LimitRule(scope: scope, kind: .tokens, limit: 0, instance: instance)
      concurrency = LimitRule(scope: scope, kind: .concurrency, limit: 0, instance: instance)
    }
  }

  private let ofProject: Patterns
  private let ofToken: Patterns

  init(instance: String) {
    // Counted apart from the limits of the stage's own settings, which know other windows.
    ofProject = Patterns(.project, instance: instance + "/policy")
    ofToken = Patterns(.token, instance: instance + "/policy")
  }

  /// The limits of all policies of a request, in their order. Borrowed from the request.
  func claims(_ store: StoreService, _ request: Request) throws -> [LimitClaim] {
    var claims: [LimitClaim] = []
    var position = 0
    while let policy = try store.policy(at: position, of: request) {
      position += 1
      guard !policy.members.isDisjoint(with: Self.members) else { continue }
      let patterns = policy.isOfProject ? ofProject : ofToken
      let owner = policy.ownerID.unsafeBytes
      for (pattern, limit) in [
        (patterns.rate, policy.raw.requests_per_minute), (patterns.tokens, policy.raw.tokens_per_minute),
        (patterns.concurrency, policy.raw.concurrency),
      ] where limit > 0 {
        claims.append(LimitClaim(rule: LimitRule(pattern, limit: UInt64(limit)), identity: owner))
      }
    }
    return claims
  }
}

/// What a request may come to use of a model, estimated before it is sent.
enum UsageEstimate {
  /// More than one, so that the host keeps the estimate to be corrected.
  static let least: UInt64 = 2
  private static let bytesPerToken = 4
  private static let mostChoices = 128
  private static let bounds: [StaticString] = ["max_completion_tokens", "max_tokens", "max_output_tokens"]

  /// Bytes of a JSON body by four, and as much as the client lets the model write.
  static func of(_ request: Request, _ json: JSONService) throws -> UInt64 {
    let read = try request.body(of: .request).count / bytesPerToken
    var most = 0
    for name in bounds {
      guard let value = json.value(at: "/\(name)", of: request)?.unsignedInteger else { continue }
      most = max(most, value)
    }
    let choices = min(mostChoices, max(1, json.value(at: "/n", of: request)?.unsignedInteger ?? 1))
    let (written, overflow) = most.multipliedReportingOverflow(by: choices)
    return max(least, UInt64(read) &+ (overflow ? UInt64(UInt32.max) : UInt64(written)))
  }
}
