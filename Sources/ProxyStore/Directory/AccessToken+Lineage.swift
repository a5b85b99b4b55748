/// A token and the tokens it descends from. A child's requests are its ancestors' requests too.
extension AccessToken {
  /// The token that made this one; `nil` for a token made by management, and for a child whose parent is gone
  /// (which is withered).
  public var parent: AccessToken? {
    if case .known(let token) = parentage { token } else { nil }
  }

  /// This token, the one that made it, and so on up to one made by management: at most `ChildLimits.depth`
  /// ancestors. Empty of ancestors for most tokens, in a few nanoseconds.
  public var lineage: [AccessToken] {
    var tokens = [self]
    while tokens.count <= ChildLimits.depth, let parent = tokens[tokens.count - 1].parent {
      tokens.append(parent)
    }
    return tokens
  }

  /// When disuse ends it, in milliseconds since the Unix epoch; `nil` without idle expiry.
  public var idleExpiresMilliseconds: Int64? { counter.withLock { $0.idleEnd } }

  /// When the file has to be asked before this token may be refused as expired or idle, in milliseconds since
  /// the Unix epoch: another process on the file may have used it. `nil` when memory knows enough.
  public func lookMoment(nowMilliseconds: Int64) -> Int64? {
    let (own, parentage) = counter.withLock { ($0.lookMoment(now: nowMilliseconds), $0.parentage) }
    guard case .known = parentage else { return own }
    return lineage.compactMap { token in token.counter.withLock { $0.lookMoment(now: nowMilliseconds) } }
      .max()
  }

  /// What the tokens it hangs on make of a token that is active by itself.
  static func state(under parentage: Parentage, nowMilliseconds: Int64) -> TokenState {
    var next = parentage
    // A longer chain can only come from a shell, perhaps as a ring.
    for _ in 0...ChildLimits.depth {
      switch next {
      case .none: return .active
      case .missing: return .parentInactive
      case .known(let token):
        let (state, further) = token.counter.withLock { ($0.state(now: nowMilliseconds), $0.parentage) }
        switch state {
        case .active: next = further
        case .usedUp: return .usedUp
        default: return .parentInactive
        }
      }
    }
    return .parentInactive
  }

  /// Counts a request of this token, which is counted already, with every ancestor, or with none: where one has
  /// nothing left, all others get theirs back.
  func takeFromAncestors(
    _ parentage: Parentage, nowMilliseconds: Int64, ready: (@Sendable () -> Void)?
  ) -> TakeOutcome {
    var counted = [self]
    var next = parentage
    var outcome = TakeOutcome.taken
    while case .known(let token) = next, outcome == .taken {
      let errand: TokenCounter.Errand
      (outcome, errand, next) = token.counter.withLock { counter in
        let (outcome, errand) = counter.take(now: nowMilliseconds, ready: ready)
        return (outcome, errand, counter.parentage)
      }
      token.run(errand)
      if outcome == .taken { counted.append(token) }
      if counted.count > ChildLimits.depth + 1 { outcome = .usedUp }
    }
    if case .missing = next, outcome == .taken { outcome = .usedUp }
    guard outcome != .taken else { return .taken }
    for token in counted { token.run(token.counter.withLock { $0.untake() }) }
    return outcome
  }

  private var parentage: Parentage { counter.withLock { $0.parentage } }
}

// MARK: - The writer's side

extension AccessToken {
  /// Hands over the token that this one's row names as its parent.
  func link(_ parent: AccessToken) { counter.withLock { $0.detail?.withering?.link(parent) } }

  func beginLook(_ looker: @escaping @Sendable (Bool) -> Void) -> Bool {
    counter.withLock { $0.beginLook(looker) }
  }

  func noteLook(at moment: Int64) { counter.withLock { $0.noteLook(at: moment) } }

  /// The look has ended; tells everybody who waited whether the row could be read.
  func endLook(isRead: Bool) {
    for looker in counter.withLock({ $0.endLook() }) { looker(isRead) }
  }
}
