import ArgumentParser
import ProxyClient
import ProxyConfig

/// `llm-proxy manage project get`.
struct ProjectGetCommand: ReportingCommand {
  static let configuration = CommandConfiguration(commandName: "get", abstract: "Show one project.")

  @OptionGroup(title: "Server") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Argument(help: "Its id.")
  var id: String

  func execute() throws {
    let answer = try connection.client().call("GET", "\(ProjectCommand.path)/\(BaseURL.encoded(id))")
    try ProjectCommand.print(answer, output.format)
  }
}
