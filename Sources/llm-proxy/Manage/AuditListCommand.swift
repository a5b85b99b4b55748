import ArgumentParser

/// `llm-proxy manage audit list`.
struct AuditListCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List audit events, the newest first.")

  @OptionGroup var list: ListOptions

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

  @OptionGroup var period: PeriodOptions

  func execute() throws {
    try list.print(
      AuditCommand.path,
      [
        "action": action, "actor": actor, "outcome": outcome, "project_id": projectID,
        "request_id": requestID,
        "correlation_id": correlationID, "client_ip": clientIP, "method": method, "path": path,
        "search": search,
        // The size of a page for servers that number their pages.
        "start_time": period.from?.text, "end_time": period.to?.text, "page_size": "100",
      ], AuditCommand.columns, csv: AuditCommand.furtherPaths, empty: "there is no such event")
  }
}
