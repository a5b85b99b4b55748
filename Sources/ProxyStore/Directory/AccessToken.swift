internal import Synchronization

/// Whether an access token may be used at one moment.
public enum TokenState: Sendable, Equatable {
  /// It may.
  case active
  /// It was revoked (or deleted).
  case revoked
  /// Its time is over.
  case expired
  /// It was not used for as long as it may go unused.
  case idleExpired
  /// A token it descends from was revoked, has expired or is gone.
  case parentInactive
  /// `max_requests` requests were counted, its own or those of a token it descends from.
  case usedUp
  /// Its project is inactive.
  case projectInactive

  /// True for what a use by another process could have prevented; see `AccessToken.lookMoment`.
  public var mayBeOutdated: Bool {
    switch self {
    case .expired, .idleExpired, .parentInactive: true
    default: false
    }
  }
}

/// The answer to the wish for one count of a token.
public enum TakeOutcome: Sendable, Equatable {
  /// Counted: the request may go on.
  case taken
  /// The limit is reached; nothing was counted.
  case usedUp
  /// A lease has to be fetched; `ready` will be called once, on any thread, then ask again.
  case pending
  /// The database cannot be written and the lease is used up: answer 503, nothing was counted.
  case unavailable
}

/// An access token in the directory: one instance per token while it exists; its fields follow the database.
///
/// All methods are for any thread, take tens of nanoseconds and never wait for the file.
public final class AccessToken: Sendable {
  let hash: TokenHash
  private let bits: UUIDBits
  /// The project it belongs to.
  public let project: Project
  let counter: Mutex<TokenCounter>

  // 129 bytes with everything above: one million tokens are 144 MB of heap. Mind the size when adding a
  // field.

  init(row: TokenRow, project: Project) {
    hash = row.hash
    bits = row.idBits ?? UUIDBits(high: 0, low: 0)
    self.project = project
    var counter = TokenCounter(row: row)
    if row.idBits == nil { counter.detailForWriting().oddID = row.oddID }
    if let label = row.label { counter.detailForWriting().label = label }
    counter.adopt(project.catalog.policies(policy: row.policy, metadata: row.metadata))
    self.counter = Mutex(counter)
    if let budget = row.budget { setBudget(budget) }
  }

  /// Id of the token, its handle for management; normally UUID text.
  public var id: String {
    hasUUID ? UUIDText.string(bits) : counter.withLock { $0.detail?.oddID ?? "" }
  }

  /// Lends the bytes of `id` to `body`, without allocation for a UUID; the pointer must not outlive the call.
  public func withIDBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    guard hasUUID else {
      var text = id
      return try text.withUTF8 { try body(UnsafeRawBufferPointer($0)) }
    }
    return try withUnsafeTemporaryAllocation(byteCount: UUIDText.length, alignment: 1) { buffer in
      UUIDText.write(bits, to: buffer)
      return try body(UnsafeRawBufferPointer(buffer))
    }
  }

  /// When it withers, in milliseconds since the Unix epoch; `nil` is never.
  public var expiresMilliseconds: Int64? {
    counter.withLock { $0.expires == .max ? nil : $0.expires }
  }

  /// Lifetime limit of requests; `nil` is unlimited.
  public var maxRequests: Int64? {
    counter.withLock { $0.limit == 0 ? nil : $0.limit }
  }

  /// Free text of whoever made it.
  public var label: String? {
    counter.withLock { $0.detail?.label }
  }

  /// Its own policies at this moment; `nil` when it has none.
  var ownPolicies: OwnPolicies? { counter.withLock { $0.detail?.policies } }

  /// What it may spend; `nil` when that is not limited.
  public var budget: BudgetAccount? {
    counter.withLock { counter in
      guard let detail = counter.detail, detail.isBudgetLimited else { return nil }
      return detail.budget
    }
  }

  /// The budgets that an exchange on this token has to fit into: its own, those of the tokens it descends from,
  /// and its project's. Allocates nothing when there is none.
  public var budgets: [BudgetAccount] {
    var found: [BudgetAccount] = []
    if let account = budget { found.append(account) }
    if parent != nil { found += lineage.dropFirst().compactMap(\.budget) }
    if let account = project.budget { found.append(account) }
    return found
  }

  /// Whether it may be used at `nowMilliseconds` since the Unix epoch.
  public func state(nowMilliseconds: Int64) -> TokenState {
    let (own, parentage) = counter.withLock { ($0.state(now: nowMilliseconds), $0.parentage) }
    guard own == .active else { return own }
    guard project.isActive else { return .projectInactive }
    if case .none = parentage { return .active }
    return Self.state(under: parentage, nowMilliseconds: nowMilliseconds)
  }

  /// Counts one request at memory speed, exactly: among all processes on the database never more than
  /// `max_requests` are taken, whatever crashes. A child's request is counted with all its ancestors, too.
  ///
  /// Does not look at expiry or revocation: the request that asks has passed `state(nowMilliseconds:)`.
  ///
  /// - Parameters:
  ///   - nowMilliseconds: becomes `last_used_at`.
  ///   - ready: called once, on any thread, after `.pending`, and not at all after any other outcome. With
  ///     `nil`, `.pending` only starts the fetching.
  public func take(nowMilliseconds: Int64, ready: (@Sendable () -> Void)?) -> TakeOutcome {
    let (outcome, errand, parentage) = counter.withLock { counter in
      let (outcome, errand) = counter.take(now: nowMilliseconds, ready: ready)
      return (outcome, errand, counter.parentage)
    }
    run(errand)
    if case .none = parentage { return outcome }
    guard outcome == .taken else { return outcome }
    return takeFromAncestors(parentage, nowMilliseconds: nowMilliseconds, ready: ready)
  }

  /// Counts an answer from the response cache: a use, which does not use up the limit.
  public func noteCacheHit(nowMilliseconds: Int64) {
    run(counter.withLock { $0.noteCacheHit(now: nowMilliseconds) })
  }

  private var hasUUID: Bool { bits.high != 0 || bits.low != 0 }

  func run(_ errand: TokenCounter.Errand) {
    switch errand {
    case .none: break
    case .queue: project.counts.append(self, wake: false)
    case .queueNow: project.counts.append(self, wake: true)
    case .wake: project.counts.wake()
    }
  }
}

// MARK: - The writer's side

extension AccessToken {
  func reload(_ row: TokenRow) {
    let policies = project.catalog.policies(policy: row.policy, metadata: row.metadata)
    run(
      counter.withLock { counter in
        counter.adopt(policies)
        return counter.reload(row)
      })
    setBudget(row.budget)
  }

  private func setBudget(_ limits: BudgetLimits?) {
    let account = counter.withLock { counter -> BudgetAccount? in
      guard limits != nil || counter.detail?.budget != nil else { return nil }
      let detail = counter.detailForWriting()
      detail.isBudgetLimited = limits != nil
      if detail.budget == nil, let limits {
        let id = hasUUID ? UUIDText.string(bits) : detail.oddID ?? ""
        detail.budget = BudgetAccount(
          key: BudgetKey(scope: .token, id: id), limits: limits, queue: project.budgets)
      }
      return detail.budget
    }
    account?.setLimits(limits ?? BudgetLimits())
  }

  /// The row is gone: exchanges that still hold this instance find it revoked.
  func retire() { counter.withLock { $0.isActive = false } }

  func giveBack(idleSince: Int64?) { run(counter.withLock { $0.giveBack(idleSince: idleSince) }) }

  func beginWriting() -> TokenCounter.Work { counter.withLock { $0.beginWriting() } }

  func announce(granted: Int64) { counter.withLock { $0.announce(granted: granted) } }

  func endWriting(_ result: TokenCounter.Result) {
    let (released, errand) = counter.withLock { $0.endWriting(result) }
    run(errand)
    for ready in released { ready() }
  }

  /// Enters the writer's list of tokens with a lease; false when it stands there already.
  func enlist() -> Bool {
    counter.withLock { counter in
      let detail = counter.detailForWriting()
      defer { detail.isListed = true }
      return !detail.isListed
    }
  }

  /// Leaves that list when there is no lease any more; false when it has to stay.
  func delist() -> Bool {
    counter.withLock { counter in
      guard let detail = counter.detail, detail.lease > 0 else {
        counter.detail?.isListed = false
        return true
      }
      return false
    }
  }

  /// The count and the time of last use to show for a row read at about this moment.
  func overlay(count: Int64, lastUsed: Timestamp?) -> (count: Int64, lastUsed: Timestamp?) {
    let (used, last) = counter.withLock { ($0.usedCount(fileRow: count), $0.lastUsed) }
    guard last > 0, last > lastUsed?.milliseconds ?? 0 else { return (used, lastUsed) }
    return (used, Timestamp(milliseconds: last))
  }

  /// Cache hits that the file does not know yet.
  var unwrittenCacheHits: Int64 { counter.withLock { $0.detail.map { $0.cacheHits + $0.transitHits } ?? 0 } }

  /// Counts held, for tests.
  var leased: Int64 { counter.withLock { $0.detail?.lease ?? 0 } }
}
