import ArgumentParser
import ProxyCore

/// `llm-proxy manage plugins`.
struct PluginsCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "plugins", abstract: "Show the plugin files that the server has loaded.")

  @OptionGroup(title: "Server") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  private static let columns: [Column] = [
    Column("File", "file", minimum: 14), Column("ID", "id", minimum: 16),
    Column("Version", "version", minimum: 7),
    Column("Runtime", "runtime", minimum: 7, isOptional: true),
    Column("Components", "components", .count, minimum: 10, isOptional: true),
    Column("Generation", "generation", .number(), minimum: 10, isOptional: true),
    Column("In flight", "in_flight", .number(), minimum: 9), Column("Calls", "calls", .number(), minimum: 5),
    Column("Failures", "failures", .number()),
  ]

  func execute() throws {
    let answer = try connection.client().call("GET", "/manage/plugins")
    let printer = ListPrinter(output.format, Self.columns, csv: ["sha256", "vendor"])
    let images = answer.document.elements ?? []
    try printer.add(output.format == .json ? images : images.map { $0.withHookSums() })
    try printer.end(empty: "no plugin is loaded")
  }
}

extension JSONValue {
  /// A stage or image with the sums over its hooks as members of its own: `calls`, `failures`, `avg_us`.
  func withHookSums() -> JSONValue {
    guard case .object(let members) = self else { return self }
    let hooks = self["hooks"]?.elements ?? []
    func sum(_ name: String) -> Int64 { hooks.reduce(0) { $0 + ($1[name]?.integerValue ?? 0) } }
    let calls = sum("calls")
    let average: JSONValue = calls == 0 ? .null : .integer(sum("total_us") / calls)
    return .object(
      members + [
        .init(name: "calls", value: .integer(calls)),
        .init(name: "failures", value: .integer(sum("failures"))),
        .init(name: "avg_us", value: average),
      ])
  }
}
