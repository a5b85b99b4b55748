/// The answer to the wish for a reservation.
public enum BudgetOutcome: Sendable {
  /// Set aside in every account; settle it once.
  case reserved(BudgetReservation)
  /// One of the budgets has no room for it; nothing was set aside.
  case exceeded(BudgetRefusal)
  /// More has to be fetched; `ready` will be called once or several times, on any thread, then ask again.
  case pending
  /// The database cannot be written and nothing is held: answer 503.
  case unavailable
}

/// Money set aside for one exchange in all the budgets that it has to fit into.
public struct BudgetReservation: Sendable {
  let accounts: [BudgetAccount]
  /// Micro-units.
  public let micros: Int64
  /// The day (since the epoch, UTC) whose budgets the exchange is charged to: that of its admission, however
  /// long it takes.
  public let day: Int64

  /// Sets `micros` aside in all of `accounts` or in none.
  ///
  /// - Parameters:
  ///   - accounts: not empty.
  ///   - micros: not negative.
  ///   - nowMilliseconds: since the Unix epoch.
  ///   - ready: called after `.pending`, and not at all after any other outcome. With `nil`, `.pending` has no
  ///     effect.
  public static func reserve(
    _ micros: Int64, in accounts: [BudgetAccount], nowMilliseconds now: Int64, ready: (@Sendable () -> Void)?
  ) -> BudgetOutcome {
    for (index, account) in accounts.enumerated() {
      let outcome = account.reserve(micros, now: now, ready: ready)
      if case .reserved = outcome { continue }
      for earlier in accounts.prefix(index) { earlier.settle(micros, cost: 0) }
      switch outcome {
      case .exceeded(let refusal): return .exceeded(refusal)
      case .unavailable: return .unavailable
      case .pending, .reserved: return .pending
      }
    }
    return .reserved(
      BudgetReservation(accounts: accounts, micros: micros, day: BudgetClock.day(of: now)))
  }

  /// Puts the real cost, in micro-units, in the place of what was set aside; 0 gives all of it back. Once.
  public func settle(cost: Int64) {
    for account in accounts { account.settle(micros, cost: cost) }
  }
}

extension BudgetRefusal {
  /// Seconds after which another try may succeed; `nil` when none will.
  public func retryAfterSeconds(nowMilliseconds now: Int64) -> Int64? {
    isOnlyReserved ? 1 : BudgetClock.secondsLeft(of: period, at: now)
  }
}
