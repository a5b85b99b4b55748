import ArgumentParser
import ProxyManagement

/// A span such as `90m`, `24h` or `7d`; the unit is needed.
struct SpanArgument: ExpressibleByArgument, Equatable {
  /// The span in seconds.
  let seconds: Int64

  init(seconds: Int64) {
    self.seconds = seconds
  }

  init?(argument: String) {
    guard let seconds = DurationText.seconds(argument), seconds > 0 else { return nil }
    self.seconds = seconds
  }

  /// The span.
  var duration: Duration { .seconds(seconds) }

  /// How help shows a default.
  var defaultValueDescription: String { Column.span(seconds) }
}
