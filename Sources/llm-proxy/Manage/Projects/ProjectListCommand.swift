import ArgumentParser
import ProxyConfig

/// `llm-proxy manage project list`.
struct ProjectListCommand: ReportingCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "List projects by name.")

  @OptionGroup(title: "Server") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions
  @OptionGroup var limit: LimitOptions

  @Option(help: ArgumentHelp("Only those with this in their name or id.", valueName: "text"))
  var search: String?

  @Flag(help: "Only active ones.")
  var active = false

  func execute() throws {
    var query: [(String, String)] = []
    if let search { query.append(("search", search)) }
    if active { query.append(("active_only", "true")) }
    var list = ListReader(try connection.client(), ProjectCommand.path, query: query, limit: limit.limit)
    try list.print(
      ListPrinter(output.format, ProjectCommand.columns, csv: ProjectCommand.furtherPaths),
      empty: "there is no project")
  }
}
