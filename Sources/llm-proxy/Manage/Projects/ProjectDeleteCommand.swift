import ArgumentParser
import Glibc
import ProxyClient
import ProxyConfig

/// `llm-proxy manage project delete`.
struct ProjectDeleteCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete", abstract: "Delete a project: its traffic stops and its tokens are revoked.")

  @OptionGroup(title: "Server") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Argument(help: "Its id.")
  var id: String

  @Flag(help: "Also remove its rows, which are kept for the audit trail otherwise.")
  var purge = false

  @Flag(name: [.customShort("y"), .long], help: "Do not ask.")
  var yes = false

  func execute() throws {
    let client = try connection.client()
    if !yes, isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1 {
      guard Console.confirms("Delete project \(Terminal.visible(id))\(purge ? " and all its rows" : "")?")
      else {
        throw CommandFailure(.failure, "not deleted")
      }
    }
    _ = try client.call(
      "DELETE", "\(ProjectCommand.path)/\(BaseURL.encoded(id))", query: purge ? [("purge", "true")] : [])
    try Done.print("Project deleted", ["deleted": .bool(true), "id": .string(id)], output.format)
  }
}
