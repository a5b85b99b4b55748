/// The policies one request is under, outermost first: its project's, those of the tokens its token descends
/// from, its token's. Every one of them has to be content.
///
/// A value to be reused: `removeAll` keeps the storage, so that the usual request allocates nothing.
public struct PolicyChain: Sendable {
  /// Whose policy it is; limits are counted by it.
  public enum Owner: Sendable {
    /// All tokens of the project share its limits.
    case project(Project)
    /// The token and its descendants share its limits.
    case token(AccessToken)
  }

  /// One policy and whose it is.
  public struct Link: Sendable {
    /// What has to hold.
    public let policy: Policy
    /// Whose it is.
    public let owner: Owner
    /// True when it stands for metadata, which only require headers.
    public let isMetadata: Bool
  }

  /// Outermost first.
  public private(set) var links: ContiguousArray<Link> = []
  /// The members that any of them has.
  public private(set) var members: PolicyMembers = []

  /// No policy.
  public init() {}

  /// True when there is no policy: anything that the configuration allows may pass.
  public var isEmpty: Bool { members.isEmpty }

  /// Forgets all policies.
  public mutating func removeAll() {
    if isEmpty { return }
    links.removeAll(keepingCapacity: true)
    members = []
  }

  /// Adds the policies of a project.
  public mutating func append(_ project: Project) {
    if let own = project.ownPolicies { append(own, .project(project)) }
  }

  /// Adds the policies of a token, without those above it.
  public mutating func append(own token: AccessToken) {
    if let own = token.ownPolicies { append(own, .token(token)) }
  }

  fileprivate mutating func append(_ own: OwnPolicies, _ owner: Owner) {
    if let policy = own.policy { append(Link(policy: policy, owner: owner, isMetadata: false)) }
    if let policy = own.metadata { append(Link(policy: policy, owner: owner, isMetadata: true)) }
  }

  private mutating func append(_ link: Link) {
    links.append(link)
    members.formUnion(link.policy.members)
  }

  /// What they say together, for show; `nil` when there is none, or one that cannot be read.
  public var effective: PolicyRules? {
    var effective: PolicyRules?
    for link in links {
      guard let rules = link.policy.rules else { return nil }
      effective = effective?.narrowed(by: rules) ?? rules
    }
    return effective
  }
}

extension AccessToken {
  /// Puts the policies that requests with this token are under into `chain`, as they are at this moment.
  public func collectPolicies(into chain: inout PolicyChain) {
    chain.removeAll()
    chain.append(project)
    appendPolicies(to: &chain, generation: 0)
  }

  /// What requests with this token are under, all in all, for show and for its children; `nil` when there is no
  /// policy.
  var effectivePolicy: PolicyRules? {
    var chain = PolicyChain()
    collectPolicies(into: &chain)
    return chain.effective
  }

  /// Those of the tokens it descends from come first.
  private func appendPolicies(to chain: inout PolicyChain, generation: Int) {
    let (parentage, own) = counter.withLock { ($0.parentage, $0.detail?.policies) }
    if generation < ChildLimits.depth, case .known(let parent) = parentage {
      parent.appendPolicies(to: &chain, generation: generation + 1)
    }
    if let own { chain.append(own, .token(self)) }
  }
}
