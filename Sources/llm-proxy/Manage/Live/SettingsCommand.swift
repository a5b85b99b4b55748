import ArgumentParser
import ProxyCore

/// `llm-proxy manage config`.
struct SettingsCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "config",
    abstract: "Show the settings that a running server goes by, and where each comes from.",
    discussion: "Secrets are not shown. To check settings before a server starts: llm-proxy config check.")

  @OptionGroup(title: "Server") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  private static let columns: [Column] = [
    Column("Setting", "key", minimum: 24), Column("Value", "value", minimum: 16),
    Column("Source", "source", minimum: 11), Column("Where", "location", minimum: 12, isOptional: true),
  ]

  func execute() throws {
    let document = try connection.client().call("GET", "/manage/config").document
    if output.format == .json { return Console.output(document.indented()) }
    let printer = ListPrinter(output.format, Self.columns, csv: ["variable", "meaning"])
    try printer.add(document["settings"]?.elements ?? [])
    try printer.end(empty: "there is no setting")
    for warning in document["warnings"]?.elements ?? [] {
      Console.note("warning: \(Terminal.visible(warning.stringValue ?? ""))")
    }
  }
}
