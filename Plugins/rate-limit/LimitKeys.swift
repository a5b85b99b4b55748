internal import LLMProxyPluginKit

/// What a request's limits are counted by. Borrowed from the request: good inside the hook.
struct Caller {
  let token: UnsafeRawBufferPointer
  let project: UnsafeRawBufferPointer
  let network: UnsafeRawBufferPointer

  /// A caller without an identity shares one count with all others that have none.
  func identity(for scope: LimitRule.Scope) -> UnsafeRawBufferPointer {
    switch scope {
    case .token: token
    case .project: project
    case .address: network
    case .everyone: UnsafeRawBufferPointer(start: nil, count: 0)
    }
  }

  /// Bytes that all keys of these rules need together.
  func keyBytes(_ rules: [LimitRule]) -> Int {
    rules.reduce(0) { sum, rule in
      sum + rule.keyPrefix.count + identity(for: rule.scope).count + rule.keySuffix.count
    }
  }
}

/// Writes keys one behind the other into memory it is lent.
struct LimitKeys: ~Copyable {
  private let memory: UnsafeMutableRawBufferPointer
  private var used = 0

  /// The memory must hold `Caller.keyBytes`.
  init(_ memory: UnsafeMutableRawBufferPointer) { self.memory = memory }

  /// The key of one rule for one caller.
  mutating func append(_ rule: LimitRule, _ caller: Caller) -> UnsafeRawBufferPointer {
    let start = used
    rule.keyPrefix.withUnsafeBytes { append($0) }
    append(caller.identity(for: rule.scope))
    rule.keySuffix.withUnsafeBytes { append($0) }
    return UnsafeRawBufferPointer(rebasing: memory[start..<used])
  }

  private mutating func append(_ bytes: UnsafeRawBufferPointer) {
    UnsafeMutableRawBufferPointer(rebasing: memory[used..<used + bytes.count]).copyMemory(from: bytes)
    used += bytes.count
  }
}
