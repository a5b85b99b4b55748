internal import LLMProxyPluginKit

/// One limit that is in force.
struct LimitRule: Sendable {
  /// Who shares it.
  enum Scope: Sendable {
    case token
    case project
    case address
    case everyone
  }

  enum Kind: Sendable {
    case rate
    case concurrency
    /// What models read and write, a minute.
    case tokens
  }

  let scope: Scope
  let kind: Kind
  let limit: UInt64
  /// Keys are shared by the whole process: the stage's name keeps two rate-limit stages apart, and
  /// stays the same over a reload, so that a reload does not forgive anything.
  let keyPrefix: [UInt8]
  let keySuffix: [UInt8]
  /// Bytes of both.
  let keyBytes: Int

  init(scope: Scope, kind: Kind, limit: UInt64, instance: String) {
    self.scope = scope
    self.kind = kind
    self.limit = limit
    keyPrefix = Array("\(instance)/\(scope.word):".utf8)
    keySuffix = Array(kind.suffix.utf8)
    keyBytes = keyPrefix.count + keySuffix.count
  }

  /// The same limit with another number: of a policy, which may change with every request.
  init(_ pattern: LimitRule, limit: UInt64) {
    self = LimitRule(
      scope: pattern.scope, kind: pattern.kind, limit: limit, keyPrefix: pattern.keyPrefix,
      keySuffix: pattern.keySuffix)
  }

  private init(scope: Scope, kind: Kind, limit: UInt64, keyPrefix: [UInt8], keySuffix: [UInt8]) {
    self.scope = scope
    self.kind = kind
    self.limit = limit
    self.keyPrefix = keyPrefix
    self.keySuffix = keySuffix
    keyBytes = keyPrefix.count + keySuffix.count
  }

  /// What a refusal says; after the newline, for people.
  var message: String {
    switch kind {
    case .rate: "Rate limit exceeded\nThe limit for \(scope.owner) is \(limit) requests a minute."
    case .concurrency: "Too many concurrent requests\nThe limit for \(scope.owner) is \(limit) at a time."
    case .tokens: "Token rate limit exceeded\nThe limit for \(scope.owner) is \(limit) tokens a minute."
    }
  }

  /// Own limits are the caller's business (429); the whole process being full is ours (503).
  var status: UInt32 { kind == .concurrency && scope == .everyone ? 503 : 429 }
  var errorType: StaticString { status == 503 ? "server_error" : "rate_limit_error" }
  var code: StaticString {
    switch kind {
    case .rate: "rate_limit_exceeded"
    case .concurrency: "too_many_concurrent_requests"
    case .tokens: "token_rate_limit_exceeded"
    }
  }
}

extension LimitRule.Scope {
  fileprivate var word: String {
    switch self {
    case .token: "token"
    case .project: "project"
    case .address: "ip"
    case .everyone: "all"
    }
  }

  fileprivate var owner: String {
    switch self {
    case .token: "this access token"
    case .project: "this project"
    case .address: "this client address"
    case .everyone: "all clients together"
    }
  }
}

extension LimitRule.Kind {
  fileprivate var suffix: String {
    switch self {
    case .rate: ":rpm"
    case .concurrency: ":now"
    case .tokens: ":tpm"
    }
  }
}
