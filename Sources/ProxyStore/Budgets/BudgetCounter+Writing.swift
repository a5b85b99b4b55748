/// The writer's side of a budget: what a transaction has to do for it, and what its end means.
extension BudgetCounter {
  struct Work {
    var limits: BudgetLimits
    /// To give back.
    var returning: Int64
    var wantsRefill: Bool
    /// Held and not reserved.
    var free: Int64
    var demand: Int64
  }

  enum Result {
    /// Committed; `view` is the file's state after it.
    case committed(view: BudgetView, granted: Int64, now: Int64)
    /// Rolled back; who has waited since before `giveUpBefore` is told that the store is unavailable.
    case failed(now: Int64, giveUpBefore: Int64)
  }

  /// The account leaves the queue.
  mutating func beginWriting() -> Work {
    isQueued = false
    transitReturn = returning
    return Work(
      limits: limits, returning: returning, wantsRefill: wantsRefill, free: held - reserved, demand: demand)
  }

  /// The transaction has ended.
  ///
  /// - Returns: the waiters to call, outside of the lock, and whether the account has to be queued again.
  mutating func endWriting(_ result: Result) -> (
    released: [@Sendable () -> Void], errand: TokenCounter.Errand
  ) {
    switch result {
    case .committed(let view, let granted, let now):
      held += granted
      returning -= transitReturn
      transitReturn = 0
      self.view = view
      viewedAt = now
      unavailableUntil = 0
      return (release(), .none)
    case .failed(let now, let giveUpBefore):
      transitReturn = 0
      var released: [@Sendable () -> Void] = []
      if wantsRefill, waitingSince <= giveUpBefore {
        released = release()
        unavailableUntil = now + 1000
      }
      guard wantsRefill || returning != 0, !isQueued else { return (released, .none) }
      isQueued = true
      return (released, .queue)
    }
  }

  private mutating func release() -> [@Sendable () -> Void] {
    defer {
      waiters = []
      demand = 0
      wantsRefill = false
    }
    return waiters
  }
}
