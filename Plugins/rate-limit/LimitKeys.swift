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
}

/// A limit and whose count it is. Borrowed from the request: good inside the hook.
struct LimitClaim {
  let rule: LimitRule
  let identity: UnsafeRawBufferPointer

  /// Bytes of its key.
  var keyBytes: Int { rule.keyBytes + identity.count }
}

/// Writes keys one behind the other into memory it is lent.
struct LimitKeys: ~Copyable {
  private let memory: UnsafeMutableRawBufferPointer
  private var used = 0

  /// The memory must hold the `LimitClaim.keyBytes` of all that will be appended.
  init(_ memory: UnsafeMutableRawBufferPointer) { self.memory = memory }

  /// The key of one claim.
  mutating func append(_ claim: LimitClaim) -> UnsafeRawBufferPointer {
    let start = used
    claim.rule.keyPrefix.withUnsafeBytes { append($0) }
    append(claim.identity)
    claim.rule.keySuffix.withUnsafeBytes { append($0) }
    return UnsafeRawBufferPointer(rebasing: memory[start..<used])
  }

  private mutating func append(_ bytes: UnsafeRawBufferPointer) {
    UnsafeMutableRawBufferPointer(rebasing: memory[used..<used + bytes.count]).copyMemory(from: bytes)
    used += bytes.count
  }
}
