import ArgumentParser
import ProxyClient
import ProxyCore

/// `llm-proxy manage exchange show`.
struct ExchangeShowCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show one exchange, step by step.")

  @OptionGroup(title: "Server") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Argument(help: "Its request id.")
  var id: String

  private static let fields: [Column] = [
    Column("Request", "request_id"), Column("Started", "started_at"), Column("Method", "method"),
    Column("Path", "path"), Column("Status", "status"), Column("Duration ms", "duration_ms"),
    Column("First byte ms", "first_byte_ms"), Column("Project", "project_name"),
    Column("Token", "token_label"),
    Column("Model", "model"), Column("Provider", "provider"), Column("Outcome", "outcome"),
    Column("Refused by", "refused_by"), Column("Error", "error_code"), Column("Message", "refusal.message"),
    Column("Input tokens", "input_tokens"), Column("Output tokens", "output_tokens"),
    Column("Client", "client_ip"),
  ]

  private static let steps: [Column] = [
    Column("Step", "stage", minimum: 10), Column("Kind", "kind", minimum: 7),
    Column("Hook", "hook", minimum: 10),
    Column("Start us", "start_us", .number()), Column("Duration us", "duration_us", .number(), minimum: 11),
    Column("Verdict", "verdict"), Column("Detail", "detail", isOptional: true),
  ]

  func execute() throws {
    let answer = try connection.client().call("GET", "\(ExchangeCommand.path)/\(BaseURL.encoded(id))")
    try RecordPrinter.print(answer.document, Self.fields, output.format)
    guard output.format == .table, let steps = answer.document["waterfall"]?.elements, !steps.isEmpty else {
      return
    }
    Console.output("")
    let printer = ListPrinter(.table, Self.steps)
    try printer.add(steps)
    try printer.end(empty: "")
  }
}
