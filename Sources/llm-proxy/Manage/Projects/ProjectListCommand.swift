import ArgumentParser

/// `llm-proxy manage project list`.
struct ProjectListCommand: ReportingCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "List projects by name.")

  @OptionGroup var list: ListOptions

  @Option(help: ArgumentHelp("Only those with this in their name or id.", valueName: "text"))
  var search: String?

  @Flag(help: "Only active ones.")
  var active = false

  func execute() throws {
    try list.print(
      ProjectCommand.path, ["search": search, "active_only": active ? "true" : nil], ProjectCommand.columns,
      csv: ProjectCommand.furtherPaths, empty: "there is no project")
  }
}
