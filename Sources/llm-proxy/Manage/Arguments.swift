import ArgumentParser
import Glibc
import ProxyCore
import ProxyManagement
import ProxyStore

/// A secret as a flag takes it: itself, `@file`, or `-` for a line of standard input. Never shown.
///
/// What stands on a command line can be read by every user of the machine; the two other forms cannot.
struct SecretArgument: ExpressibleByArgument {
  private let text: String

  init?(argument: String) {
    guard !argument.isEmpty else { return nil }
    text = argument
  }

  /// The secret, read from where the argument says.
  func secret() throws(CommandFailure) -> Secret {
    let value: String
    switch text.first {
    case "-" where text.count == 1: value = try InputText.line()
    case "@": value = try InputText.file(String(text.dropFirst()))
    default: value = text
    }
    let trimmed = value.drop { $0.isWhitespace }
    guard let last = trimmed.lastIndex(where: { !$0.isWhitespace }) else {
      throw CommandFailure(.usage, "the secret is empty; give it itself, @file, or - for standard input")
    }
    return Secret(String(trimmed[...last]))
  }
}

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

/// A JSON object: its text, `@file`, or `none` for `null`.
struct ObjectArgument: ExpressibleByArgument {
  private let text: String

  init?(argument: String) {
    text = argument
  }

  /// The document. `flag` is named when it cannot be read.
  func document(_ flag: String) throws(CommandFailure) -> JSONValue {
    if text.lowercased() == "none" { return .null }
    let source = text.hasPrefix("@") ? try InputText.file(String(text.dropFirst())) : text
    guard case .object(let members)? = try? JSONReader.firstValue(of: Array(source.utf8)) else {
      throw CommandFailure(
        .usage,
        "\(flag) needs a JSON object such as {\"models\":[\"gpt-4o*\"]}, @file, or none; this is not one")
    }
    return .object(members)
  }
}

/// Texts from outside, in bounded length.
enum InputText {
  /// More is not taken.
  static let limitBytes = 1 << 20

  /// A whole file.
  static func file(_ path: String) throws(CommandFailure) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw CommandFailure(.usage, "cannot read \(path): \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    return try all(descriptor, named: path, limitBytes: limitBytes)
  }

  /// All that a descriptor gives.
  static func all(_ descriptor: Int32, named name: String, limitBytes: Int) throws(CommandFailure) -> String {
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = read(descriptor, &piece, piece.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else {
        throw CommandFailure(.usage, "cannot read \(name): \(String(cString: strerror(errno)))")
      }
      guard count > 0 else { break }
      bytes += piece[..<count]
      guard bytes.count <= limitBytes else {
        throw CommandFailure(.usage, "\(name) is larger than \(limitBytes) bytes")
      }
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw CommandFailure(.usage, "\(name) is not UTF-8 text")
    }
    return text
  }

  /// The first line of standard input.
  static func line() throws(CommandFailure) -> String {
    guard let line = readLine() else { throw CommandFailure(.usage, "there is no line on standard input") }
    return line
  }
}
