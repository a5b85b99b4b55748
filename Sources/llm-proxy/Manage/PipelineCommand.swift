import ArgumentParser
import ProxyCore

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
