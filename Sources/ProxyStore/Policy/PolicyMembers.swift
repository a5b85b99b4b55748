/// Which members a policy has: what a stage asks before it looks any closer. The numbers are those of
/// `LLMP_POLICY_…` in the plugin header.
public struct PolicyMembers: OptionSet, Sendable {
  /// The set as bits.
  public let rawValue: UInt32

  /// A set from bits.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// `models`.
  public static let models = PolicyMembers(rawValue: 1 << 0)
  /// `endpoints`.
  public static let endpoints = PolicyMembers(rawValue: 1 << 1)
  /// `methods`.
  public static let methods = PolicyMembers(rawValue: 1 << 2)
  /// `parameters`.
  public static let parameters = PolicyMembers(rawValue: 1 << 3)
  /// `origins`.
  public static let origins = PolicyMembers(rawValue: 1 << 4)
  /// `requests_per_minute`.
  public static let requestsPerMinute = PolicyMembers(rawValue: 1 << 5)
  /// `tokens_per_minute`.
  public static let tokensPerMinute = PolicyMembers(rawValue: 1 << 6)
  /// `concurrency`.
  public static let concurrency = PolicyMembers(rawValue: 1 << 7)
  /// `ip_allow`.
  public static let addresses = PolicyMembers(rawValue: 1 << 8)
  /// `headers`, or metadata.
  public static let headers = PolicyMembers(rawValue: 1 << 9)
  /// The text in the file is no policy of this program: nothing may pass.
  public static let unreadable = PolicyMembers(rawValue: 1 << 31)

  /// What some rules say.
  init(_ rules: PolicyRules) {
    self = []
    if rules.models != nil { insert(.models) }
    if rules.endpoints != nil { insert(.endpoints) }
    if rules.methods != nil { insert(.methods) }
    if !rules.parameters.isEmpty { insert(.parameters) }
    if rules.origins != nil { insert(.origins) }
    if rules.requestsPerMinute != nil { insert(.requestsPerMinute) }
    if rules.tokensPerMinute != nil { insert(.tokensPerMinute) }
    if rules.concurrency != nil { insert(.concurrency) }
    if rules.addresses != nil { insert(.addresses) }
    if !rules.headers.isEmpty { insert(.headers) }
  }
}
