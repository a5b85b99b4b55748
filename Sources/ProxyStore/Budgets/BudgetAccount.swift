internal import Synchronization

/// Names a budget.
struct BudgetKey: Hashable, Sendable {
  var scope: BudgetScope
  var id: String
}

/// The budget of one project or access token in the directory: one instance while that exists. Any thread; no
/// method waits for the file.
public final class BudgetAccount: Sendable {
  let key: BudgetKey
  private let queue: BudgetQueue
  private let counter: Mutex<BudgetCounter>

  init(key: BudgetKey, limits: BudgetLimits, queue: BudgetQueue) {
    self.key = key
    self.queue = queue
    counter = Mutex(BudgetCounter(scope: key.scope, limits: limits))
  }

  /// What may be spent.
  public var limits: BudgetLimits { counter.withLock { $0.limits } }

  func reserve(_ amount: Int64, now: Int64, ready: (@Sendable () -> Void)?) -> BudgetCounter.Outcome {
    let (outcome, errand) = counter.withLock { $0.reserve(amount, now: now, ready: ready) }
    run(errand)
    return outcome
  }

  func settle(_ amount: Int64, cost: Int64) { run(counter.withLock { $0.settle(amount, cost: cost) }) }

  private func run(_ errand: TokenCounter.Errand) {
    switch errand {
    case .none: break
    case .queue: queue.append(self, wake: false)
    case .queueNow: queue.append(self, wake: true)
    case .wake: queue.wake()
    }
  }
}

// MARK: - The writer's side

extension BudgetAccount {
  func setLimits(_ limits: BudgetLimits) { run(counter.withLock { $0.setLimits(limits) }) }

  func giveBack(idleSince: Int64?) { run(counter.withLock { $0.giveBack(idleSince: idleSince) }) }

  func beginWriting() -> BudgetCounter.Work { counter.withLock { $0.beginWriting() } }

  func endWriting(_ result: BudgetCounter.Result) {
    let (released, errand) = counter.withLock { $0.endWriting(result) }
    run(errand)
    for ready in released { ready() }
  }

  /// Enters the writer's list of accounts with a hold; false when it stands there already.
  func enlist() -> Bool {
    counter.withLock { counter in
      defer { counter.isListed = true }
      return !counter.isListed
    }
  }

  /// Leaves that list when nothing is held any more; false when it has to stay.
  func delist() -> Bool {
    counter.withLock { counter in
      guard counter.held == 0, counter.reserved == 0, counter.returning == 0 else { return false }
      counter.isListed = false
      return true
    }
  }

  /// What is held and what of it is reserved, for tests.
  var figures: (held: Int64, reserved: Int64) { counter.withLock { ($0.held, $0.reserved) } }
}

/// Accounts for which the writer has something to do. Any thread.
final class BudgetQueue: Sendable {
  private let accounts = Mutex<[BudgetAccount]>([])
  private let signal = Mutex<(@Sendable () -> Void)?>(nil)

  /// Sets what wakes the writer; called once, before traffic.
  func onWake(_ wake: @escaping @Sendable () -> Void) { signal.withLock { $0 = wake } }

  func append(_ account: BudgetAccount, wake isUrgent: Bool) {
    accounts.withLock { $0.append(account) }
    if isUrgent { wake() }
  }

  func wake() {
    let call = signal.withLock { $0 }
    call?()
  }

  /// Takes all of them out.
  func drain() -> [BudgetAccount] {
    accounts.withLock { accounts in
      guard !accounts.isEmpty else { return [] }
      defer { accounts = [] }
      return accounts
    }
  }

  var isEmpty: Bool { accounts.withLock { $0.isEmpty } }
}
