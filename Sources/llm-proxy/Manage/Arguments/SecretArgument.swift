import ArgumentParser
import ProxyCore

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
