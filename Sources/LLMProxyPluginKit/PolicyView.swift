public import CLLMProxyPlugin

/// Which members a policy has: `LLMP_POLICY_…`.
public struct PolicyMembers: OptionSet, Sendable {
  /// The set as bits.
  public let rawValue: UInt32

  /// A set from bits.
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// `requests_per_minute`.
  @inlinable public static var requests: PolicyMembers { PolicyMembers(rawValue: 1 << 5) }
  /// `tokens_per_minute`.
  @inlinable public static var tokens: PolicyMembers { PolicyMembers(rawValue: 1 << 6) }
  /// `concurrency`.
  @inlinable public static var concurrency: PolicyMembers { PolicyMembers(rawValue: 1 << 7) }
}

/// A policy that a request is under. Good until the request ends.
public struct PolicyView: ~Escapable {
  /// The struct as the host filled it.
  public let raw: llmp_policy_t

  @_lifetime(immortal)
  init(_ raw: llmp_policy_t) { self.raw = raw }

  /// Which members it has.
  public var members: PolicyMembers { PolicyMembers(rawValue: raw.members) }
  /// Names the text: what was compiled of it once can be kept under this number.
  public var number: UInt64 { raw.number }
  /// True when it is a project's, false when it is an access token's.
  public var isOfProject: Bool { raw.owner == LLMP_POLICY_OF_PROJECT }
  /// Id of whose it is.
  public var ownerID: Slice {
    @_lifetime(copy self) get { Slice(raw.owner_id) }
  }
  /// Its JSON text.
  public var text: Slice {
    @_lifetime(copy self) get { Slice(raw.json) }
  }
}

extension StoreService {
  /// The members that any policy of this request has; empty is no policy at all.
  public func policyMembers(of request: Request) -> PolicyMembers {
    PolicyMembers(rawValue: table.pointee.policy_members?(host.context, request.handle) ?? 0)
  }

  /// The policy at a position, outermost first; nil behind the last.
  @_lifetime(copy request)
  public func policy(at position: Int, of request: Request) throws(PluginFailure) -> PolicyView? {
    var raw = llmp_policy_t()
    raw.struct_size = UInt32(MemoryLayout<llmp_policy_t>.size)
    let status = table.pointee.policy_at?(host.context, request.handle, position, &raw)
    if status == LLMP_E_NOT_FOUND { return nil }
    try request.check(status, "store.policy_at")
    return PolicyView(raw)
  }

  /// Tells the host that this stage has seen to these members; a request of which a policy has one that
  /// nobody has seen to is refused.
  public func applied(_ members: PolicyMembers, to request: Request) throws(PluginFailure) {
    let status = table.pointee.policy_applied?(host.context, request.handle, members.rawValue)
    try request.check(status, "store.policy_applied")
  }
}
