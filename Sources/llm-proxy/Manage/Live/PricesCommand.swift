import ArgumentParser
import ProxyCore

/// `llm-proxy manage prices`.
struct PricesCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "prices", abstract: "Show the prices that usage is valued with.")

  @OptionGroup(title: "Server") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  private static let columns: [Column] = [
    Column("Match", "match", minimum: 12), Column("Provider", "provider"),
    Column("Input", "input_per_million", .number()), Column("Cached", "cached_input_per_million", .number()),
    Column("Output", "output_per_million", .number()),
  ]

  func execute() throws {
    let document = try connection.client().call("GET", "/manage/prices").document
    if output.format == .json { return Console.output(document.indented()) }
    let printer = ListPrinter(output.format, Self.columns)
    try printer.add(document["models"]?.elements ?? [])
    try printer.end(empty: "there are no prices")
  }
}
