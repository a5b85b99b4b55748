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
  }

  let scope: Scope
  let kind: Kind
  let limit: UInt64
  /// Keys are shared by the whole process: the stage's name keeps two rate-limit stages apart, and
  /// stays the same over a reload, so that a reload does not forgive anything.
  let keyPrefix: [UInt8]
  let keySuffix: [UInt8]
  /// What a refusal says; after the newline, for people.
  let message: String

  init(scope: Scope, kind: Kind, limit: UInt64, instance: String) {
    self.scope = scope
    self.kind = kind
    self.limit = limit
    let (word, owner) =
      switch scope {
      case .token: ("token", "this access token")
      case .project: ("project", "this project")
      case .address: ("ip", "this client address")
      case .everyone: ("all", "all clients together")
      }
    keyPrefix = Array("\(instance)/\(word):".utf8)
    switch kind {
    case .rate:
      keySuffix = Array(":rpm".utf8)
      message = "Rate limit exceeded\nThe limit for \(owner) is \(limit) requests a minute."
    case .concurrency:
      keySuffix = Array(":now".utf8)
      message = "Too many concurrent requests\nThe limit for \(owner) is \(limit) at a time."
    }
  }

  /// Own limits are the caller's business (429); the whole process being full is ours (503).
  var status: UInt32 { kind == .concurrency && scope == .everyone ? 503 : 429 }
  var errorType: StaticString { status == 503 ? "server_error" : "rate_limit_error" }
  var code: StaticString {
    kind == .rate ? "rate_limit_exceeded" : "too_many_concurrent_requests"
  }
}
