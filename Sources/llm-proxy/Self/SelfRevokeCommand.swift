import ArgumentParser
import ProxyClient
import ProxyCore

/// `llm-proxy self revoke`.
struct SelfRevokeCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke", abstract: "Revoke a token that this one made, and those that it made.")

  @OptionGroup var holder: HolderOptions

  @Argument(help: "Its id.")
  var id: String

  func execute() throws {
    _ = try holder.client().call("DELETE", "\(SelfCommand.tokensPath)/\(BaseURL.encoded(id))")
    try Done.print("Token revoked", ["revoked": .bool(true)], holder.output.format)
  }
}
