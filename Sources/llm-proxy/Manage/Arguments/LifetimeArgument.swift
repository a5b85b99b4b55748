import ArgumentParser
import ProxyManagement

/// A lifetime: hours without a unit, a span with one, or `never`.
struct LifetimeArgument: ExpressibleByArgument, Equatable {
  /// The lifetime in seconds; `nil` is never.
  let seconds: Int64?

  init(seconds: Int64?) {
    self.seconds = seconds
  }

  init?(argument: String) {
    if argument.lowercased() == "never" {
      seconds = nil
    } else if let hours = Int64(argument), hours > 0, hours <= 1_000_000 {
      seconds = hours * 3_600
    } else if let span = DurationText.seconds(argument), span > 0 {
      seconds = span
    } else {
      return nil
    }
  }

  /// How help shows a default.
  var defaultValueDescription: String { seconds.map(Column.span) ?? "never" }
}
