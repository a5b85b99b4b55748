import ArgumentParser
import ProxyClient
import ProxyConfig
import ProxyCore

/// `llm-proxy manage project update`.
struct ProjectUpdateCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "update", abstract: "Change a project; in force for the next request.")

  @OptionGroup(title: "Server") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions
  @OptionGroup var policy: PolicyOptions
  @OptionGroup var precondition: PreconditionOptions

  @Argument(help: "Its id.")
  var id: String

  @Option(help: "Its new name.")
  var name: String?

  @Option(
    name: [.customLong("openai-key"), .customLong("api-key")],
    help: ArgumentHelp(
      "The provider's new key, @file, or - for a line of standard input.", valueName: "key"))
  var providerKey: SecretArgument?

  @Option(help: ArgumentHelp("false stops its traffic, true lets it go on.", valueName: "true|false"))
  var isActive: Bool?

  @Flag(help: "With --is-active false: also revoke its tokens.")
  var revokeTokens = false

  func execute() throws {
    var members = JSONValue.Member.optional("name", name.map { .string($0) })
    members += JSONValue.Member.optional("api_key", try providerKey?.secret().revealText().json)
    members += JSONValue.Member.optional("is_active", isActive.map { .bool($0) })
    members += JSONValue.Member.optional("revoke_tokens", revokeTokens ? .bool(true) : nil)
    members += try policy.members()
    guard !members.isEmpty else {
      throw CommandFailure(
        .usage, "nothing to change: give --name, --openai-key, --is-active, or another flag")
    }
    let answer = try connection.client().call(
      "PATCH", "\(ProjectCommand.path)/\(BaseURL.encoded(id))", body: .object(members),
      headers: precondition.headers)
    try ProjectCommand.print(answer, output.format)
  }
}
