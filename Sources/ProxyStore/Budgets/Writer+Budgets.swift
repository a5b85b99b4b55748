internal import GRDB
internal import ProxyCore

extension Writer {
  /// This process's number among the holders; taken when the first budget is used.
  func holder() -> Holder? {
    if let holder = confined.holder { return holder }
    confined.holder = Holder(database: options.path)
    return confined.holder
  }

  /// Removes what processes held that are gone.
  func removeDeadHolds() {
    submit(
      WriteJob(
        deadline: Clocks.monotonicNanoseconds() + options.operationTimeout.nanoseconds,
        body: { [self] db in
          if let holder = holder() { try BudgetHold.removeDead(holder, db) }
          return {}
        },
        // They hold nothing: whoever asks for such a budget removes them too.
        fail: { _ in }))
  }

  /// Gives back and takes for one budget; `nil` without a holder, when nothing can be held.
  func write(_ work: BudgetCounter.Work, of account: BudgetAccount, _ holder: Holder?, _ db: Database) throws
    -> BudgetCounter.Result?
  {
    guard let holder else { return nil }
    let now = Clocks.unixMilliseconds()
    let today = BudgetClock.day(of: now)
    try BudgetHold.change(by: -work.returning, account.key, holder: holder.number, db)
    let balance = try UsageBalance.fetch(account.key.scope, account.key.id, db)
    let held = try BudgetHold.total(account.key, holder, db)
    var view = BudgetView(day: today, spent: balance.spent(on: today), held: held.all, ownHeld: held.own)
    var granted: Int64 = 0
    if work.wantsRefill {
      let left = work.limits.isEmpty ? work.demand : view.available(work.limits)
      granted = BudgetPolicy.grant(remaining: left, free: work.free, demand: work.demand)
      try BudgetHold.change(by: granted, account.key, holder: holder.number, db)
      view.held = view.held.addingSaturated(granted)
      view.ownHeld = view.ownHeld.addingSaturated(granted)
    }
    return .committed(view: view, granted: granted, now: now)
  }

  /// Puts the outcome of a transaction into force.
  func finish(_ accounts: [BudgetAccount], _ results: [BudgetCounter.Result?]) {
    let now = Clocks.unixMilliseconds()
    for (account, result) in zip(accounts, results) {
      account.endWriting(result ?? .failed(now: now, giveUpBefore: .max))
      if case .committed(_, 1..., _)? = result, account.enlist() { confined.holding.append(account) }
    }
  }

  /// Gives idle holds back; all that is not reserved for `nil`.
  func sweepBudgets(idleSince: Int64?) {
    for account in confined.holding { account.giveBack(idleSince: idleSince) }
    confined.holding.removeAll { $0.delist() }
  }
}
