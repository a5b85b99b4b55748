import Foundation
import Testing

@testable import ProxyPluginHost

/// One row of `BrokenPlugins/fixtures.json`.
struct Fixture: Sendable, CustomTestStringConvertible {
  var file: String
  var phase: String
  var kind: String?
  var words: [String]
  var flags: [String]

  var testDescription: String { file }

  struct Unreadable: Error {}

  static func all() throws -> [Fixture] {
    let text = try String(contentsOf: Workshop.sources.appending(path: "fixtures.json"), encoding: .utf8)
    guard case .array(let rows) = try JSONReader.read(text) else { throw Unreadable() }
    return try rows.map { row in
      guard case .string(let file)? = row["file"], case .string(let phase)? = row["phase"],
        case .string? = row["defect"]
      else { throw Unreadable() }
      return Fixture(
        file: file, phase: phase, kind: strings(row["kind"]).first, words: strings(row["words"]),
        flags: strings(row["flags"]))
    }
  }

  /// The fixtures of one phase. A table that cannot be read gives none, which `BrokenPluginTests` notices.
  static func of(_ phase: String) -> [Fixture] {
    ((try? all()) ?? []).filter { $0.phase == phase }
  }

  private static func strings(_ value: JSONValue?) -> [String] {
    switch value {
    case .string(let text): [text]
    case .array(let items): items.flatMap(strings)
    default: []
    }
  }
}
