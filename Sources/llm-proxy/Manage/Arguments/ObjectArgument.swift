import ArgumentParser
import ProxyCore

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
