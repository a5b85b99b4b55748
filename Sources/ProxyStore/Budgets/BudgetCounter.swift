/// Why a reservation was refused.
public struct BudgetRefusal: Sendable, Equatable {
  /// Whose budget it is.
  public var scope: BudgetScope
  /// The budget that is used up.
  public var period: BudgetPeriod
  /// True when it is not spent yet, and only reserved by exchanges under way.
  public var isOnlyReserved: Bool
}

/// Whose budget it is.
public enum BudgetScope: Int64, Sendable, Hashable {
  /// A project's.
  case project = 1
  /// An access token's.
  case token = 2
}

/// What the file said about a budget.
struct BudgetView: Equatable {
  /// Day (since the epoch, UTC) that `spent` is of.
  var day: Int64
  var spent: BudgetSpent
  /// Held by all processes, this one included.
  var held: Int64
  /// Held by this process, charges that are not written yet included.
  var ownHeld: Int64

  /// Left to take from the file; `.max` when nothing is limited.
  func available(_ limits: BudgetLimits) -> Int64 {
    BudgetPeriod.allCases.reduce(Int64.max) { least, period in
      guard let limit = limits[period] else { return least }
      return min(least, limit - spent[period] - held)
    }
  }
}

/// One budget as a process sees it: pure state, guarded by the account's lock. Events go in, what the caller
/// has to do comes out; nothing here knows a clock, a thread or a file.
///
/// `held` is what the file has set aside for this process and was not charged yet; `reserved` is the part of it
/// that exchanges under way may still cost.
struct BudgetCounter {
  /// For so long, in milliseconds, a view of the file is good enough to refuse by.
  static let viewLifetime: Int64 = 250

  let scope: BudgetScope
  var limits: BudgetLimits
  var held: Int64 = 0
  var reserved: Int64 = 0
  /// To be given back to the file, and the part of it being written.
  var returning: Int64 = 0
  var transitReturn: Int64 = 0
  /// True from the moment more is asked for until the writer has answered.
  var wantsRefill = false
  /// Wanted by the exchanges that wait.
  var demand: Int64 = 0
  /// Called once each when the writer has answered.
  var waiters: [@Sendable () -> Void] = []
  var waitingSince: Int64 = 0
  /// Until then nothing is fetched because the database could not be written.
  var unavailableUntil: Int64 = 0
  var lastUsed: Int64 = 0
  var view: BudgetView?
  var viewedAt: Int64 = 0
  var isQueued = false
  /// True while the account stands in the writer's list of accounts with a hold.
  var isListed = false

  init(scope: BudgetScope, limits: BudgetLimits) {
    self.scope = scope
    self.limits = limits
  }

  enum Outcome: Equatable {
    case reserved, pending, unavailable
    case exceeded(BudgetRefusal)
  }

  /// Sets `amount` aside, when it is there. With `ready`, more is fetched when it is not, and `ready` called
  /// after that; without, `.pending` has no effect.
  mutating func reserve(_ amount: Int64, now: Int64, ready: (@Sendable () -> Void)?) -> (
    outcome: Outcome, errand: TokenCounter.Errand
  ) {
    lastUsed = now
    if held - reserved >= amount {
      reserved += amount
      guard !wantsRefill, isLow else { return (.reserved, .none) }
      wantsRefill = true
      waitingSince = now
      return (.reserved, queueNow())
    }
    if unavailableUntil > now { return (.unavailable, .none) }
    if !wantsRefill, let refusal = refusal(of: amount, now: now) { return (.exceeded(refusal), .none) }
    guard let ready else { return (.pending, .none) }
    waiters.append(ready)
    demand = demand.addingSaturated(amount)
    if wantsRefill { return (.pending, .none) }
    wantsRefill = true
    waitingSince = now
    return (.pending, queueNow())
  }

  /// The exchange is over, and did cost `cost`: more than was reserved when the estimate was too low. Then more is
  /// fetched, so that what others still have reserved is held again.
  mutating func settle(_ amount: Int64, cost: Int64) -> TokenCounter.Errand {
    reserved -= amount
    held = held.addingSaturated(-cost)
    guard held < reserved, !wantsRefill else { return .none }
    wantsRefill = true
    return queue()
  }

  /// Takes over limits read later than the last ones, never while a transaction writes this account. What is
  /// held and not reserved goes back, so that the next exchange is measured by the new limits.
  mutating func setLimits(_ new: BudgetLimits) -> TokenCounter.Errand {
    guard new != limits else { return .none }
    limits = new
    view = nil
    unavailableUntil = 0
    return giveBackFree() ? queueNow() : .none
  }

  /// Gives back what is not reserved, when the account was not used since `idleSince` (always for `nil`).
  mutating func giveBack(idleSince: Int64?) -> TokenCounter.Errand {
    if wantsRefill { return .none }
    if let idleSince, max(lastUsed, waitingSince) > idleSince { return .none }
    return giveBackFree() ? queue() : .none
  }

  private mutating func giveBackFree() -> Bool {
    let free = held - reserved
    guard free != 0 else { return false }
    returning += free
    held = reserved
    return true
  }

  /// Whether to fetch more before somebody has to wait for it.
  private var isLow: Bool {
    guard let view else { return false }
    let left = view.available(limits)
    return left > 0 && held - reserved <= BudgetPolicy.block(remaining: left.addingSaturated(held)) / 2
  }

  /// The refusal of `amount` by what the file said a moment ago; `nil` when it has to be asked.
  private func refusal(of amount: Int64, now: Int64) -> BudgetRefusal? {
    guard let view, now - viewedAt < Self.viewLifetime, view.day == BudgetClock.day(of: now) else {
      return nil
    }
    guard (held - reserved).addingSaturated(max(0, view.available(limits))) < amount else { return nil }
    let unwritten = view.ownHeld - held - returning
    // The longest period that is spent, whatever is reserved: it says how long there is no use in trying.
    for period in [BudgetPeriod.total, .month, .day] {
      if let limit = limits[period], limit - view.spent[period] - unwritten < amount {
        return BudgetRefusal(scope: scope, period: period, isOnlyReserved: false)
      }
    }
    let tightest = BudgetPeriod.allCases.filter { limits[$0] != nil }.min { left, right in
      (limits[left] ?? 0) - view.spent[left] < (limits[right] ?? 0) - view.spent[right]
    }
    return BudgetRefusal(scope: scope, period: tightest ?? .total, isOnlyReserved: true)
  }

  private mutating func queue() -> TokenCounter.Errand {
    if isQueued { return .none }
    isQueued = true
    return .queue
  }

  mutating func queueNow() -> TokenCounter.Errand {
    if isQueued { return .wake }
    isQueued = true
    return .queueNow
  }
}

extension Int64 {
  /// The sum, or the largest number when it is beyond.
  func addingSaturated(_ other: Int64) -> Int64 {
    let (sum, isOver) = addingReportingOverflow(other)
    return isOver ? (other > 0 ? .max : .min) : sum
  }
}
