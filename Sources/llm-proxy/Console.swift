import ArgumentParser
import Glibc
import ProxyConfig

/// What commands say to the terminal, and the codes they end with.
enum Console {
  /// Settings that cannot be used (`EX_CONFIG` of sysexits.h).
  static let configurationFailure = CommandStatus.configuration.code

  /// Writes lines to standard output.
  static func output(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }

  /// Writes text to standard output as it is.
  static func write(_ text: String) { write(text, to: STDOUT_FILENO) }

  /// Writes lines to standard error, with the program's name before the first.
  static func error(_ text: String) { write("llm-proxy: \(text)\n", to: STDERR_FILENO) }

  /// Writes lines to standard error as they are.
  static func note(_ text: String) { write(text + "\n", to: STDERR_FILENO) }

  /// Writes text to standard error as it is: prompts and progress.
  static func prompt(_ text: String) { write(text, to: STDERR_FILENO) }

  /// Asks a question that is answered with yes or no; anything but yes is no.
  static func confirms(_ question: String) -> Bool {
    prompt("\(question) [y/N] ")
    return ["y", "yes"].contains(readLine()?.lowercased() ?? "")
  }

  /// Tells why settings were refused, and gives the code to end with.
  static func refused(_ refusal: ConfigurationRefusal) -> ExitCode {
    let count = refusal.errors.count
    error("\(count == 1 ? "a setting" : "\(count) settings") cannot be used\n\(refusal)")
    return configurationFailure
  }

  /// A writer that is gone is no reason to end: what was asked for still happens.
  private static func write(_ text: String, to descriptor: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return }
      bytes = bytes.dropFirst(count)
    }
  }
}
