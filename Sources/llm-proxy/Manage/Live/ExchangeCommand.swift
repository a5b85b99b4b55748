import ArgumentParser

/// `llm-proxy manage exchange`.
struct ExchangeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "exchange", abstract: "Look at the latest requests and how they went.",
    subcommands: [ExchangeListCommand.self, ExchangeShowCommand.self])

  static let path = "/manage/exchanges"

  /// What a table of exchanges shows.
  static let columns: [Column] = [
    Column("Started", "started_at", .time(), minimum: 16),
    Column("Method", "method", minimum: 6, isOptional: true),
    Column("Path", "path", minimum: 12), Column("Status", "status", .number(), minimum: 6),
    Column("ms", "duration_ms", .number(), minimum: 5),
    Column("Model", "model", minimum: 10, isOptional: true),
    Column("Project", "project_name", minimum: 10, isOptional: true),
    Column("Error", "error_code", minimum: 10, isOptional: true),
    Column("Input", "input_tokens", .number(), minimum: 5, isOptional: true),
    Column("Output", "output_tokens", .number(), minimum: 6, isOptional: true),
    .identifier("Request", "request_id", isOptional: true),
  ]

  /// Further members in CSV.
  static let furtherPaths = [
    "first_byte_ms", "project_id", "token_id", "token_label", "api", "provider", "is_stream", "outcome",
    "cost_micros",
    "request_bytes", "response_bytes", "client_ip",
  ]
}
