import ArgumentParser
import ProxyClient
import ProxyCore

/// `llm-proxy self`: what the holder of an access token may do with nothing but that token.
struct SelfCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "self",
    abstract: "Look at an access token that you hold, and make narrower ones of it.",
    discussion: """
      Needs no management token: the access token comes from PROXY_TOKEN, in the environment or in .env, or from \
      --token.

      Example: llm-proxy self mint --duration 15m --max-requests 20 --label "one job"
      """,
    subcommands: [
      SelfShowCommand.self, SelfMintCommand.self, SelfListCommand.self, SelfRevokeCommand.self,
    ],
    defaultSubcommand: SelfShowCommand.self)

  static let path = "/self"
  static let tokensPath = "/self/tokens"
}

/// The flags of a holder's commands.
struct HolderOptions: ParsableArguments {
  @OptionGroup(title: "Proxy") var proxy: ProxyOptions
  @OptionGroup(title: "Output") var output: OutputOptions
}

extension HolderOptions {
  /// A client of the holder's API. Sends nothing.
  func client() throws -> ManagementClient {
    let environment = try proxy.environment()
    return try ManagementClient(
      proxy.server(environment), credentials: .init(proxy.secret(environment), "PROXY_TOKEN or --token"),
      proxy.settings())
  }
}
