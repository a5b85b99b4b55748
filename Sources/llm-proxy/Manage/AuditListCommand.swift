import ArgumentParser

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
