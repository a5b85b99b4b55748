import ArgumentParser
import ProxyManagement
import ProxyStore

/// A moment: RFC 3339, a date, or a span before now such as `24h`.
struct MomentArgument: ExpressibleByArgument {
  /// The moment as RFC 3339.
  let text: String

  init?(argument: String) {
    if let seconds = DurationText.seconds(argument) {
      text = Timestamp.now().advanced(by: .seconds(-seconds)).rfc3339
    } else if let moment = TokenFields.moment(argument) {
      text = moment.rfc3339
    } else {
      return nil
    }
  }
}
