internal import GRDB
internal import ProxyCore

/// What one project or access token was charged, as the file has it.
struct UsageBalance: Equatable {
  var day: Int64 = 0
  var dayMicros: Int64 = 0
  var month: Int64 = 0
  var monthMicros: Int64 = 0
  var totalMicros: Int64 = 0

  /// What counts at a moment: the day's and month's sums only while they last.
  func spent(on today: Int64) -> BudgetSpent {
    BudgetSpent(
      day: today == day ? dayMicros : 0, month: BudgetClock.month(of: today) == month ? monthMicros : 0,
      total: totalMicros)
  }

  /// What counts now.
  var spentNow: BudgetSpent { spent(on: BudgetClock.day(of: Clocks.unixMilliseconds())) }

  /// SQL of the balance of a row of `table` as one text, where the row has a budget.
  static func column(_ scope: BudgetScope, of table: String) -> String {
    """
    CASE WHEN budget IS NOT NULL THEN
      (SELECT printf('%d %d %d %d %d', b.day, b.day_micros, b.month, b.month_micros, b.total_micros)
       FROM usage_balances b WHERE b.scope = \(scope.rawValue) AND b.id = \(table).id) END
    """
  }

  /// Reads what `column` gives.
  init(column: String?) {
    let numbers = (column ?? "").split(separator: " ").compactMap { Int64($0) }
    guard numbers.count == 5 else { return }
    (day, dayMicros, month, monthMicros, totalMicros) = (
      numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]
    )
  }

  static func fetch(_ scope: BudgetScope, _ id: String, _ db: Database) throws -> UsageBalance {
    var balance = UsageBalance(column: nil)
    let read = try RawStatement(
      db,
      """
      SELECT day, day_micros, month, month_micros, total_micros FROM usage_balances WHERE scope = ? AND id = ?
      """)
    read.bind(scope.rawValue, at: 1)
    read.bind(id, at: 2)
    try read.run {
      (balance.day, balance.dayMicros) = ($0.integer(0), $0.integer(1))
      (balance.month, balance.monthMicros) = ($0.integer(2), $0.integer(3))
      balance.totalMicros = $0.integer(4)
    }
    return balance
  }

  /// Most that is added at a time. Sums end at eight times as much: SQLite makes a fraction of what is too large for
  /// an integer.
  static let mostAdded: Int64 = 1_000_000_000_000_000_000

  /// Adds a charge of `day`. One of an earlier day than the newest counts in the total, and in the month when
  /// it is the same.
  static func add(_ micros: Int64, day: Int64, to scope: BudgetScope, _ id: String, _ db: Database) throws {
    let statement = try RawStatement(
      db,
      """
      INSERT INTO usage_balances VALUES (?1, ?2, ?3, ?4, ?5, ?4, ?4)
      ON CONFLICT DO UPDATE SET
        day_micros = CASE WHEN excluded.day = day THEN min(day_micros, ?6) + excluded.day_micros
          WHEN excluded.day > day THEN excluded.day_micros ELSE day_micros END,
        month_micros = CASE WHEN excluded.month = month THEN min(month_micros, ?6) + excluded.month_micros
          WHEN excluded.month > month THEN excluded.month_micros ELSE month_micros END,
        day = max(day, excluded.day), month = max(month, excluded.month),
        total_micros = min(total_micros, ?6) + excluded.total_micros
      """)
    statement.bind(scope.rawValue, at: 1)
    statement.bind(id, at: 2)
    statement.bind(day, at: 3)
    statement.bind(micros, at: 4)
    statement.bind(BudgetClock.month(of: day), at: 5)
    statement.bind(mostAdded * 8, at: 6)
    try statement.run()
  }
}
