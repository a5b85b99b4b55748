import ProxyCore

/// IMF-fixdate (RFC 9110 5.6.7), computed without Foundation.
public enum HTTPDate {
  private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// `Mon, 23 Nov 2026 16:48:15 GMT`.
  public static func text(unixSeconds: UInt64) -> [UInt8] {
    let day = Int(unixSeconds / 86_400)
    let second = Int(unixSeconds % 86_400)
    let (year, month, date) = CivilDate.of(daysSinceEpoch: day)
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    let clock = "\(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60))"
    return Array("\(days[day % 7]), \(two(date)) \(months[month - 1]) \(year) \(clock) GMT".utf8)
  }
}
