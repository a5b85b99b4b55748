import ArgumentParser
import ProxyCore
import ProxyManagement

/// A span, or `none` to take a limit away.
struct OptionalSpanArgument: ExpressibleByArgument, Equatable {
  /// The span in seconds; `nil` is none.
  let seconds: Int64?

  init?(argument: String) {
    if ["none", "0"].contains(argument.lowercased()) {
      seconds = nil
    } else if let span = DurationText.seconds(argument), span > 0 {
      seconds = span
    } else {
      return nil
    }
  }

  /// For the body of a request.
  var json: JSONValue { seconds.map { .integer($0) } ?? .null }
}
