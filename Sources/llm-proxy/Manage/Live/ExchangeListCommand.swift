import ArgumentParser

/// `llm-proxy manage exchange list`.
struct ExchangeListCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the exchanges that the server remembers, the newest first.")

  @OptionGroup var list: ListOptions

  @Option(help: ArgumentHelp("Only those of this project.", valueName: "id"))
  var projectID: String?

  @Option(help: ArgumentHelp("Only those of this access token.", valueName: "id"))
  var tokenID: String?

  @Option(help: ArgumentHelp("Only those of this model.", valueName: "name"))
  var model: String?

  @Option(help: ArgumentHelp("Only those with this status: 404, or 4xx.", valueName: "status"))
  var status: String?

  @Option(help: ArgumentHelp("Only those to this path.", valueName: "path"))
  var path: String?

  @Option(help: ArgumentHelp("Only those that took at least so long.", valueName: "milliseconds"))
  var minMs: Int?

  @Option(help: ArgumentHelp("Only those with this in one of their texts.", valueName: "text"))
  var search: String?

  func execute() throws {
    try list.print(
      ExchangeCommand.path,
      [
        "project_id": projectID, "token_id": tokenID, "model": model, "status": status, "path": path,
        "min_ms": minMs.map(String.init), "search": search,
      ], ExchangeCommand.columns, csv: ExchangeCommand.furtherPaths, empty: "there is no such exchange")
  }
}
