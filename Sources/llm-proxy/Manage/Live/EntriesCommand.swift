import ArgumentParser

/// `llm-proxy manage entries`.
struct EntriesCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "entries", abstract: "List the rows of the usage ledger, the newest first.")

  @OptionGroup var list: ListOptions

  @Option(help: ArgumentHelp("Only those of this project.", valueName: "id"))
  var projectID: String?

  @Option(help: ArgumentHelp("Only those of this access token.", valueName: "id"))
  var tokenID: String?

  @Option(help: ArgumentHelp("Only those of this model.", valueName: "name"))
  var model: String?

  @Option(help: ArgumentHelp("Only those with this status.", valueName: "status"))
  var status: Int?

  @Option(help: ArgumentHelp("Only those that ended so.", valueName: "outcome"))
  var outcome: String?

  @OptionGroup var period: PeriodOptions

  func execute() throws {
    try list.print(
      "/manage/usage/entries",
      [
        "project_id": projectID, "token_id": tokenID, "model": model, "status": status.map(String.init),
        "outcome": outcome, "from": period.from?.text, "to": period.to?.text,
      ], Self.columns, csv: Self.furtherPaths, empty: "nothing was used")
  }
}

extension EntriesCommand {
  /// What a table of entries shows.
  private static let columns: [Column] = [
    Column("Started", "started_at", .time(), minimum: 16),
    Column("Project", "project_id", minimum: 10, isOptional: true),
    Column("Token", "token_id", minimum: 10, isOptional: true), Column("Model", "model", minimum: 10),
    Column("Status", "status", .number(), minimum: 6), Column("Outcome", "outcome", minimum: 9),
    Column("Input", "input_tokens", .number(), minimum: 5),
    Column("Output", "output_tokens", .number(), minimum: 6),
    Column("Provenance", "provenance", isOptional: true), Column("Cost", "cost_micros", .money, minimum: 6),
  ]

  /// Further members in CSV.
  private static let furtherPaths = [
    "id", "request_id", "provider", "adapter", "operation", "is_stream", "cached_input_tokens",
    "reasoning_tokens",
    "total_tokens", "charged_micros", "duration_ms", "first_byte_ms", "request_bytes", "response_bytes",
  ]
}
