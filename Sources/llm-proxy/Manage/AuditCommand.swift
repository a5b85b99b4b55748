import ArgumentParser
import ProxyClient
import ProxyCore

/// `llm-proxy manage audit`.
struct AuditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Look at who did what, and who was refused.",
    subcommands: [AuditListCommand.self, AuditShowCommand.self])

  static let path = "/manage/audit"

  /// What a table of events shows.
  static let columns: [Column] = [
    Column("Time", "timestamp", .time(), minimum: 16), Column("Action", "action", minimum: 12),
    Column("Outcome", "outcome", minimum: 7), Column("Actor", "actor", minimum: 10),
    Column("Reason", "reason", isOptional: true), Column("Client", "client_ip", minimum: 9, isOptional: true),
    .identifier("Project", "project_id", isOptional: true), .identifier("ID", "id", isOptional: true),
  ]

  /// Further members in CSV.
  static let furtherPaths = [
    "token_id", "request_id", "correlation_id", "method", "path", "user_agent", "metadata",
  ]

  /// What one event shows.
  static let fields: [Column] = [
    Column("ID", "id"), Column("Time", "timestamp"), Column("Action", "action"), Column("Outcome", "outcome"),
    Column("Reason", "reason"), Column("Actor", "actor"), Column("Client", "client_ip"),
    Column("Project", "project_id"), Column("Token", "token_id"), Column("Method", "method"),
    Column("Path", "path"), Column("User agent", "user_agent"), Column("Request", "request_id"),
    Column("Correlation", "correlation_id"), Column("Metadata", "metadata"),
  ]
}

/// `llm-proxy manage audit list`.
struct AuditListCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List audit events, the newest first.")

  @OptionGroup(title: "Server") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions
  @OptionGroup var limit: LimitOptions

  @Option(help: ArgumentHelp("Only this action, such as token.create.", valueName: "action"))
  var action: String?

  @Option(help: ArgumentHelp("Only what this actor did.", valueName: "actor"))
  var actor: String?

  @Option(help: ArgumentHelp("success, failure, denied or error.", valueName: "outcome"))
  var outcome: String?

  @Option(help: ArgumentHelp("Only what concerns this project.", valueName: "id"))
  var projectID: String?

  @Option(help: ArgumentHelp("Only this request.", valueName: "id"))
  var requestID: String?

  @Option(help: ArgumentHelp("Only this chain of requests.", valueName: "id"))
  var correlationID: String?

  @Option(help: ArgumentHelp("Only what came from this address.", valueName: "address"))
  var clientIP: String?

  @Option(help: ArgumentHelp("Only requests with this method.", valueName: "method"))
  var method: String?

  @Option(help: ArgumentHelp("Only requests to this path.", valueName: "path"))
  var path: String?

  @Option(help: ArgumentHelp("Only those with this in one of their texts.", valueName: "text"))
  var search: String?

  @Option(
    help: ArgumentHelp("From this time on: RFC 3339, a date, or 24h for so long ago.", valueName: "time"))
  var from: MomentArgument?

  @Option(help: ArgumentHelp("Until this time.", valueName: "time"))
  var to: MomentArgument?

  func execute() throws {
    let fields: KeyValuePairs = [
      "action": action, "actor": actor, "outcome": outcome, "project_id": projectID, "request_id": requestID,
      "correlation_id": correlationID, "client_ip": clientIP, "method": method, "path": path,
      "search": search,
      // The size of a page for servers that number their pages.
      "start_time": from?.text, "end_time": to?.text, "page_size": "100",
    ]
    let query = fields.compactMap { name, value in value.map { (name, $0) } }
    var list = ListReader(try connection.client(), AuditCommand.path, query: query, limit: limit.limit)
    try list.print(
      ListPrinter(output.format, AuditCommand.columns, csv: AuditCommand.furtherPaths),
      empty: "there is no such event")
  }
}

/// `llm-proxy manage audit show`.
struct AuditShowCommand: ReportingCommand {
  static let configuration = CommandConfiguration(commandName: "show", abstract: "Show one audit event.")

  @OptionGroup(title: "Server") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Argument(help: "Its id.")
  var id: String

  func execute() throws {
    let answer = try connection.client().call("GET", "\(AuditCommand.path)/\(BaseURL.encoded(id))")
    try RecordPrinter.print(answer.document, AuditCommand.fields, output.format)
  }
}
