import Foundation
import ProxyCore

@testable import ProxyConfig

/// One file of the Golden folder: what an operator wrote, and what the program makes of it.
///
/// A title, then sections that begin with `=== name`: `environment` (a `.env` file), `flags` (a line each),
/// `config.yaml`, and the outcome: `refused` or `accepted`, and `warnings`.
/// Run with `UPDATE_GOLDEN=1` to write what the program says now; read the difference before keeping it.
struct GoldenCase {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
    "Golden")
  static let isUpdating = ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1"

  static func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".txt") }.sorted()
  }

  var title: String
  var sections: [(name: String, text: String)] = []

  init(named name: String) throws {
    let text = try String(contentsOf: Self.folder.appendingPathComponent(name), encoding: .utf8)
    let parts = "\n\(text)".components(separatedBy: "\n=== ")
    title = parts[0].trimmingCharacters(in: .newlines)
    for part in parts.dropFirst() {
      let lines = part.components(separatedBy: "\n")
      sections.append((lines[0], lines.dropFirst().joined(separator: "\n").trimmingCharacters(in: .newlines)))
    }
  }

  func section(_ name: String) -> String? { sections.first { $0.name == name }?.text }

  static let outcomes = ["refused", "accepted", "warnings"]

  /// The outcome sections as the file has them.
  var expected: String {
    let outcome = sections.filter { Self.outcomes.contains($0.name) }
    return outcome.map { "=== \($0.name)\n\($0.text)" }.joined(separator: "\n\n")
  }

  /// The outcome sections as the program makes them now.
  func actual() throws -> String {
    let temporary = FileManager.default.temporaryDirectory.appendingPathComponent(
      "golden-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: temporary, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: temporary) }  // A leftover folder harms nobody.
    let variables = (section("environment") ?? "") + "\n"
    let hasToken = variables.contains("MANAGEMENT_TOKEN")
    try ((hasToken ? "" : "MANAGEMENT_TOKEN=0123456789abcdef0123\n") + variables)
      .write(to: temporary.appendingPathComponent(".env"), atomically: true, encoding: .utf8)
    var flags = try flags()
    flags.environmentFile = temporary.appendingPathComponent(".env").path
    if let yaml = section("config.yaml") {
      let file = temporary.appendingPathComponent("config.yaml")
      try (yaml + "\n").write(to: file, atomically: true, encoding: .utf8)
      flags.configurationFile = file.path
    }
    return outcome(flags).replacingOccurrences(of: temporary.path + "/", with: "")
  }

  private func outcome(_ flags: ServerFlags) -> String {
    do {
      var environment = Environment([:])
      try environment.addFile(named: flags.environmentFile)
      let configuration = try Configuration.load(
        flags: flags, environment: environment, standardFile: "/nonexistent/api_providers.yaml")
      let warnings = configuration.warnings.map(\.description).joined(separator: "\n")
      return "=== accepted\n\(Self.dump(configuration))"
        + (warnings.isEmpty ? "" : "\n\n=== warnings\n\(warnings)")
    } catch {
      return "=== refused\n\(error)"
    }
  }

  private func flags() throws -> ServerFlags {
    var flags = ServerFlags()
    for line in (section("flags") ?? "").split(separator: "\n") {
      let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
      let value = parts.count > 1 ? parts[1] : nil
      switch parts[0] {
      case "--addr": flags.address = value
      case "--db": flags.database = value
      case "--log-level": flags.logLevel = value
      case "--log-file": flags.logFile = value
      case "--pid-file": flags.pidFile = value
      case "--config": flags.configurationFile = value
      case "--file-event-log": flags.fileEventLog = value
      case "--daemon": flags.daemon = true
      case "--debug": flags.debug = true
      default: throw CocoaError(.fileReadCorruptFile)
      }
    }
    return flags
  }

  /// What was written, not what is default; and the chain and the providers as they are built.
  static func dump(_ configuration: Configuration) -> String {
    let settings = configuration.settings
      .filter { !$0.source.hasPrefix("default") && !$0.source.hasPrefix("built-in") }
      .filter { $0.key != "MANAGEMENT_TOKEN" && $0.key != "configuration file" }
      .map { "\($0.key) = \($0.value) (\($0.source))" }
    let stages = configuration.traffic.pipeline.map { stage in
      "stage \(stage.name) \(stage.use) \(stage.onError) \(SettingText.describe(stage.timeout)) "
        + "\(SettingText.describe(stage.hookBudget)) \(stage.configJSON)"
        + (stage.services.map { " services \($0)" } ?? "")
        + (stage.when.map { " when \($0.operations) \($0.pathPrefixes) \($0.methods)" } ?? "")
    }
    let apis = configuration.traffic.apis.map { api in
      "api \(api.name) \(api.adapter) \(api.baseURL) \(api.settingsJSON) \(api.adapterConfigJSON)"
        + (api.apiKey.map { " key \($0)" } ?? "")
    }
    let standard =
      configuration.traffic.apis.indices.contains(configuration.traffic.defaultAPI)
      ? configuration.traffic.apis[configuration.traffic.defaultAPI].name : "none"
    return (settings + stages + apis + ["default \(standard)"]).joined(separator: "\n")
  }

  /// Writes the file anew with `outcome`.
  func update(named name: String, outcome: String) throws {
    let input = sections.filter { !Self.outcomes.contains($0.name) }.map { "=== \($0.name)\n\($0.text)" }
    let text = ([title] + input + [outcome]).joined(separator: "\n\n") + "\n"
    try text.write(to: Self.folder.appendingPathComponent(name), atomically: true, encoding: .utf8)
  }
}
