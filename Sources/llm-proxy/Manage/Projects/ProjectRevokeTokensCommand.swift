import ArgumentParser
import ProxyClient
import ProxyConfig
import ProxyCore

/// `llm-proxy manage project revoke-tokens`.
struct ProjectRevokeTokensCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke-tokens", abstract: "Revoke all access tokens of a project.")

  @OptionGroup(title: "Server") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Argument(help: "The project's id.")
  var id: String

  func execute() throws {
    let answer = try connection.client().call(
      "POST", "\(ProjectCommand.path)/\(BaseURL.encoded(id))/tokens/revoke")
    let fields = [
      Column("Revoked", "revoked_count"), Column("Already revoked", "already_revoked_count"),
      Column("Tokens in all", "total_tokens"),
    ]
    try RecordPrinter.print(answer.document, fields, output.format)
  }
}
