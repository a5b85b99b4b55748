internal import Foundation
internal import ProxyCore

/// The span of a budget, in UTC.
public enum BudgetPeriod: String, Sendable, CaseIterable {
  /// A calendar day.
  case day
  /// A calendar month.
  case month
  /// The whole life of the project or token.
  case total
}

/// What a project or access token may spend, in micro-units of the price table's currency; `nil` is no limit.
public struct BudgetLimits: Sendable, Equatable {
  /// In a calendar day (UTC).
  public var day: Int64?
  /// In a calendar month (UTC).
  public var month: Int64?
  /// In all.
  public var total: Int64?

  /// A budget; none negative.
  public init(day: Int64? = nil, month: Int64? = nil, total: Int64? = nil) {
    self.day = day
    self.month = month
    self.total = total
  }

  /// True when nothing is limited.
  public var isEmpty: Bool { day == nil && month == nil && total == nil }

  /// The limit of a period.
  public subscript(period: BudgetPeriod) -> Int64? {
    switch period {
    case .day: day
    case .month: month
    case .total: total
    }
  }
}

/// What was spent of a budget, in micro-units.
public struct BudgetSpent: Sendable, Equatable {
  /// In this calendar day (UTC).
  public var day: Int64
  /// In this calendar month (UTC).
  public var month: Int64
  /// In all.
  public var total: Int64

  /// Sums; nothing by default.
  public init(day: Int64 = 0, month: Int64 = 0, total: Int64 = 0) {
    self.day = day
    self.month = month
    self.total = total
  }

  /// The sum of a period.
  public subscript(period: BudgetPeriod) -> Int64 {
    switch period {
    case .day: day
    case .month: month
    case .total: total
    }
  }
}

// MARK: - The column

extension BudgetLimits {
  private static let names: [(name: String, period: BudgetPeriod)] = [
    ("day_micros", .day), ("month_micros", .month), ("total_micros", .total),
  ]

  /// Reads the `budget` column; `nil` when there is no budget. A text that cannot be read is a budget of
  /// nothing: the safe side.
  init?(column: String?) {
    guard let column, !column.isEmpty else { return nil }
    guard let object = try? JSONSerialization.jsonObject(with: Data(column.utf8)) as? [String: Any] else {
      self.init(total: 0)
      return
    }
    func limit(_ name: String) -> Int64? { (object[name] as? NSNumber).map { max(0, $0.int64Value) } }
    self.init(day: limit("day_micros"), month: limit("month_micros"), total: limit("total_micros"))
    if isEmpty { return nil }
  }

  /// The text of the `budget` column; `nil` when nothing is limited.
  var column: String? {
    guard !isEmpty else { return nil }
    let members = Self.names.compactMap { name, period in self[period].map { "\"\(name)\":\($0)" } }
    return "{\(members.joined(separator: ","))}"
  }
}

/// Days and months since the epoch, UTC.
enum BudgetClock {
  static func day(of milliseconds: Int64) -> Int64 { milliseconds / UsageRollup.dayMilliseconds }

  /// Months since year 0.
  static func month(of day: Int64) -> Int64 {
    let date = CivilDate.of(daysSinceEpoch: Int(day))
    return Int64(date.year * 12 + date.month - 1)
  }

  /// Seconds from `milliseconds` to the end of the period; `nil` when it has none.
  static func secondsLeft(of period: BudgetPeriod, at milliseconds: Int64) -> Int64? {
    let today = day(of: milliseconds)
    var next = today + 1
    switch period {
    case .total: return nil
    case .day: break
    case .month: while month(of: next) == month(of: today) { next += 1 }
    }
    return max(1, (next * UsageRollup.dayMilliseconds - milliseconds + 999) / 1000)
  }
}
