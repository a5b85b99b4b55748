/// Why a policy is refused.
public struct PolicyFault: Error, Sendable, Equatable {
  /// The member at fault, from the top: `policy.parameters.temperature.allow[1]`.
  public let member: String
  /// A clause that can follow the member's name: `must be a list of texts`.
  public let reason: String
  /// True when there is no such member: most likely it is misspelt.
  public let isUnknownMember: Bool

  init(_ member: String, _ reason: String, isUnknownMember: Bool = false) {
    self.member = member
    self.reason = reason
    self.isUnknownMember = isUnknownMember
  }
}

extension PolicyFault: CustomStringConvertible {
  /// The member and what is wrong with it.
  public var description: String { "\(member) \(reason)" }
}
