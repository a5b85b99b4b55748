import ArgumentParser
import ProxyCore

/// `llm-proxy manage token revoke`.
struct TokenRevokeCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke", abstract: "Revoke an access token, and those that it made.")

  @OptionGroup(title: "Server") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Argument(help: "Its id, or the token itself; @file, or - for a line of standard input.")
  var token: SecretArgument

  func execute() throws {
    _ = try connection.client().call("DELETE", try TokenCommand.path(of: token))
    try Done.print("Token revoked", ["revoked": .bool(true)], output.format)
  }
}
