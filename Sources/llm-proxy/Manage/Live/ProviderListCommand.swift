import ArgumentParser

/// `llm-proxy manage provider list`.
struct ProviderListCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List providers and how they do.")

  @OptionGroup(title: "Server") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  private static let columns: [Column] = [
    Column("Name", "name"), Column("Adapter", "adapter"), Column("Base URL", "base_url", minimum: 20),
    Column("Requests", "requests", .number()), Column("Errors", "errors", .number(), minimum: 6),
    Column("p50 ms", "upstream_latency_ms.p50", .number(), minimum: 6, isOptional: true),
    Column("p99 ms", "upstream_latency_ms.p99", .number(), minimum: 6, isOptional: true),
    Column("Last error", "last_error.message", isOptional: true),
  ]

  func execute() throws {
    var list = ListReader(try connection.client(), ProviderCommand.path)
    try list.print(
      ListPrinter(output.format, Self.columns, csv: ["has_api_key", "api_key_mask", "last_error.at"]),
      empty: "there is no provider")
  }
}
