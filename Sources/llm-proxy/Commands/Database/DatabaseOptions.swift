import ArgumentParser
import Foundation
import ProxyConfig
import ProxyStore

/// The flags of commands that work on the database file itself.
struct DatabaseOptions: ParsableArguments {
  @Option(
    name: .customLong("db"),
    help: ArgumentHelp("SQLite file (default: DATABASE_PATH, else data/llm-proxy.db).", valueName: "file"))
  var database: String?

  @Option(
    name: .customLong("env"), help: ArgumentHelp("File with variables (default: .env).", valueName: "file"))
  var environmentFile: String?

  @Flag(help: "Print one JSON object.")
  var json = false

  /// Variables of the process and of the file.
  func environment() throws -> ProxyConfig.Environment {
    do { return try ProxyConfig.Environment.process(file: environmentFile) } catch {
      throw Console.refused(error)
    }
  }

  /// The database that the command is about.
  func path() throws -> String {
    try database ?? environment()["DATABASE_PATH"] ?? DatabaseSettings().path
  }

  /// The database, which has to exist.
  func file() throws -> StoreFile { try StoreFile(path: try path()) }

  /// A sealing key from a variable; `nil` when it is not set.
  func key(_ variable: String) throws -> SealingKey? {
    guard let text = try environment()[variable] else { return nil }
    return try Self.key(text, variable)
  }

  /// `ENCRYPTION_KEY`, without which the command cannot do anything.
  func requiredKey() throws -> SealingKey {
    guard let key = try key("ENCRYPTION_KEY") else {
      throw StoreError.unusable("ENCRYPTION_KEY is not set; set it to the output of: openssl rand -base64 32")
    }
    return key
  }

  static func key(_ text: String, _ name: String) throws -> SealingKey {
    do throws(StoreError) {
      return try SealingKey(base64: text.trimmingCharacters(in: .whitespacesAndNewlines))
    } catch {
      throw StoreError.unusable(error.description.replacingOccurrences(of: "ENCRYPTION_KEY", with: name))
    }
  }

  /// Does the work of a command and prints what it found; ends with 1 and a sentence when it cannot.
  func run<Report: Encodable>(_ body: () throws -> (report: Report, text: String)) throws {
    do {
      let (report, text) = try body()
      Console.output(json ? try Self.encode(report) : text)
    } catch let error as StoreError {
      guard json else {
        Console.error("error: \(error)")
        throw ExitCode.failure
      }
      Console.output(try Self.encode(["error": error.description]))
      throw ExitCode.failure
    }
  }

  private static func encode(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  /// A moment for the name of a file, such as `20300131T120000Z`.
  static func stamp() -> String {
    Timestamp.now().rfc3339.prefix(19).filter { $0 != "-" && $0 != ":" } + "Z"
  }
}
