import Foundation
import ProxyConfig
import ProxyServer

/// What `config check` prints.
struct ConfigurationReport {
  private struct Setting: Encodable {
    var key: String
    var value: String
    var source: String
  }

  private struct Stage: Encodable {
    var name: String
    var use: String
    var onError: String
    var source: String
  }

  private struct API: Encodable {
    var name: String
    var adapter: String
    var baseURL: String
    var isDefault: Bool
    var source: String

    private enum CodingKeys: String, CodingKey {
      case name, adapter, isDefault, source
      case baseURL = "base_url"
    }
  }

  private struct Warning: Encodable {
    var file: String
    var line: Int?
    var key: String
    var message: String
  }

  private struct Document: Encodable {
    var settings: [Setting]
    var pipeline: [Stage]
    var apis: [API]
    var warnings: [Warning]
  }

  private struct Mistake: Encodable {
    var file: String?
    var line: Int?
    var key: String?
    var problem: String
    var remedy: String?
  }

  private let document: Document

  init(_ configuration: Configuration) {
    let traffic = configuration.traffic
    document = Document(
      // The stages have a table of their own.
      settings: configuration.settings.filter { !$0.key.hasPrefix("pipeline[") }.map {
        Setting(key: $0.key, value: $0.value, source: $0.source)
      },
      pipeline: traffic.pipeline.map {
        Stage(name: $0.name, use: $0.use, onError: $0.onError.rawValue, source: $0.origin.description)
      },
      apis: traffic.apis.enumerated().map { index, api in
        API(
          name: api.name, adapter: api.adapter, baseURL: api.baseURL.description,
          isDefault: index == traffic.defaultAPI, source: api.origin.description)
      },
      warnings: configuration.warnings.map {
        Warning(file: $0.file, line: $0.line, key: $0.key, message: $0.message)
      })
  }

  /// Tables for a terminal.
  func text() -> String {
    var lines = ["Settings"] + Self.table(document.settings.map { [$0.key, $0.value, $0.source] })
    lines += ["", "Pipeline"]
    lines += Self.table(document.pipeline.map { [$0.name, $0.use, "on_error: \($0.onError)", $0.source] })
    lines += ["", "APIs"]
    lines += Self.table(
      document.apis.map { [$0.name, $0.adapter, $0.baseURL, $0.isDefault ? "default" : "", $0.source] })
    if !document.warnings.isEmpty {
      lines += ["", "Warnings"]
      lines += document.warnings.map { warning in
        let place = warning.line.map { "\(warning.file):\($0)" } ?? warning.file
        return "  \(place): \(warning.key): \(warning.message)"
      }
    }
    return lines.joined(separator: "\n")
  }

  /// One JSON object with sorted keys.
  func json() throws -> String { try Self.encode(document) }

  /// The mistakes of a refusal as one JSON object.
  static func json(of refusal: ConfigurationRefusal) throws -> String {
    let mistakes = refusal.errors.map {
      Mistake(file: $0.file, line: $0.line, key: $0.key, problem: $0.problem, remedy: $0.remedy)
    }
    return try encode(["errors": mistakes])
  }

  /// The same about stages and adapters; the sentence begins with the file and line.
  static func json(of refusal: StartupError) throws -> String {
    try encode(["errors": [Mistake(problem: refusal.description)]])
  }

  private static func encode(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  /// A longer cell pushes the rest of its own line, not of every line.
  private static let widestCell = 40

  private static func table(_ rows: [[String]]) -> [String] {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in min(rows.map { $0[column].count }.max() ?? 0, widestCell) }
    return rows.map { row in
      let cells = zip(row, widths).map { $0 + String(repeating: " ", count: max(0, $1 - $0.count)) }
      var line = "  " + cells.joined(separator: "  ")
      while line.hasSuffix(" ") { line.removeLast() }
      return line
    }
  }
}
