/// How much of a budget the writer takes from the file ahead of use, so that exchanges reserve at memory speed.
///
/// What is held by any process counts as spent for all others, so that a budget is never exceeded however many
/// processes share the file. A process that is killed leaves its hold behind; it is released when somebody next
/// asks for the budget, because nothing of it was charged. The price of a crash is therefore what the exchanges
/// under way, and those that ended in the last tick, did cost without being charged: never more than the hold.
enum BudgetPolicy {
  /// A hold is this fraction of what is left.
  static let fraction: Int64 = 32

  /// Micro-units to hold when `remaining` are left: 1 in 32 of them, at least 1; 0 when none is.
  static func block(remaining: Int64) -> Int64 {
    remaining <= 0 ? 0 : max(1, remaining / fraction)
  }

  /// Micro-units to take from the file now.
  ///
  /// - Parameters:
  ///   - remaining: left in the file.
  ///   - free: held already and not reserved.
  ///   - demand: wanted by exchanges that wait.
  static func grant(remaining: Int64, free: Int64, demand: Int64) -> Int64 {
    max(0, min(remaining, max(block(remaining: remaining), demand) - free))
  }
}
