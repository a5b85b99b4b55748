import Glibc
import ProxyCore

/// What `doctor` looks at in the system.
enum ProcessChecks {
  private static let leastOpenFiles: UInt64 = 4_096
  /// A clock that is further off is told: expiry of tokens and certificates goes by it.
  private static let largestSkew: Int64 = 30
  /// The start of 2025, before which no clock is right.
  private static let oldest: Int64 = 1_735_689_600

  /// The limit of open files bounds the number of exchanges.
  static func openFiles() -> Finding {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
      return .warning("open files", "the limit is not known", "look at it with: ulimit -Hn")
    }
    let most = UInt64(limit.rlim_max)
    let text = most > 1 << 40 ? "there is no limit" : "at most \(most), two for each exchange"
    return most < leastOpenFiles
      ? .warning("open files", text, "raise the limit: ulimit -Hn, or LimitNOFILE= of the unit")
      : .ok("open files", text)
  }

  /// The clock is right, as far as another one tells.
  ///
  /// - Parameter foreign: seconds since 1970 by the clock of `host`, to the second; `nil` when nobody was asked.
  static func clock(against foreign: Int64?, of host: String) -> Finding {
    let now = Clocks.unixMilliseconds() / 1_000
    guard now >= oldest else {
      return .problem("clock", "it shows a time before 2025", "set it, for example with NTP")
    }
    guard let foreign else { return .ok("clock", "it shows a time after 2025; no other one was asked") }
    let skew = now - foreign
    guard abs(skew) > largestSkew else {
      return .ok("clock", "it agrees with that of \(host) within \(largestSkew) s")
    }
    return .problem(
      "clock", "it is \(abs(skew)) s \(skew > 0 ? "ahead of" : "behind") that of \(host)",
      "set it, for example with NTP: tokens would expire at the wrong time")
  }

  /// Seconds since 1970 of the `Date` field of an answer, `Sun, 06 Nov 1994 08:49:37 GMT`; `nil` for anything else.
  static func seconds(ofDate text: String) -> Int64? {
    let words = text.split(separator: " ")
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    guard words.count == 6, words[5] == "GMT", let day = Int(words[1]), let year = Int(words[3]),
      let month = months.firstIndex(of: String(words[2])), (1970...9_999).contains(year),
      (1...31).contains(day)
    else { return nil }
    let clock = words[4].split(separator: ":").compactMap { Int($0) }
    guard clock.count == 3 else { return nil }
    var time = tm()
    time.tm_year = Int32(year - 1_900)
    time.tm_mon = Int32(month)
    time.tm_mday = Int32(day)
    time.tm_hour = Int32(truncatingIfNeeded: clock[0])
    time.tm_min = Int32(truncatingIfNeeded: clock[1])
    time.tm_sec = Int32(truncatingIfNeeded: clock[2])
    return Int64(timegm(&time))
  }
}
