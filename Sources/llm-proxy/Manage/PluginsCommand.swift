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

/// `llm-proxy manage pipeline`.
struct PipelineCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "pipeline", abstract: "Show the stages that a request meets, and how they do.")

  @OptionGroup(title: "Server") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  private static let columns: [Column] = [
    Column("Name", "name", minimum: 8), Column("Use", "use", minimum: 14),
    Column("Plugin", "plugin.file", minimum: 12, isOptional: true),
    Column("Version", "plugin.version", minimum: 7, isOptional: true),
    Column("On error", "on_error", minimum: 8), Column("Calls", "calls", .number(), minimum: 5),
    Column("Failures", "failures", .number()), Column("Avg us", "avg_us", .number(), minimum: 6),
  ]

  func execute() throws {
    let document = try connection.client().call("GET", "/manage/pipeline").document
    if output.format == .json { return Console.output(document.indented()) }
    let adapters = (document["adapters"]?.elements ?? []).map { adapter -> JSONValue in
      guard case .object(let members) = adapter else { return adapter }
      let name = "adapter of \(adapter["api"]?.stringValue ?? "-")"
      return .object([.init(name: "name", value: .string(name))] + members.filter { $0.name != "name" })
    }
    let printer = ListPrinter(
      output.format, Self.columns, csv: ["plugin.id", "plugin.sha256", "when", "timeout_ms"])
    try printer.add(((document["stages"]?.elements ?? []) + adapters).map { $0.withHookSums() })
    try printer.end(empty: "there is no stage")
  }
}

extension JSONValue {
  /// A stage or image with the sums over its hooks as members of its own: `calls`, `failures`, `avg_us`.
  fileprivate func withHookSums() -> JSONValue {
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
