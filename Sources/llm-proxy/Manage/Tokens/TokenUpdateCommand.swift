import ArgumentParser
import ProxyCore

/// `llm-proxy manage token update`.
struct TokenUpdateCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "update", abstract: "Change an access token; in force for the next request.")

  @OptionGroup(title: "Server") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions
  @OptionGroup var withering: WitheringOptions
  @OptionGroup var policy: PolicyOptions
  @OptionGroup var precondition: PreconditionOptions

  @Argument(help: "Its id, or the token itself; @file, or - for a line of standard input.")
  var token: SecretArgument

  @Option(help: ArgumentHelp("false revokes it, true lets it go on.", valueName: "true|false"))
  var isActive: Bool?

  @Option(help: ArgumentHelp("When it withers, such as 2030-01-31T12:00:00Z; or never.", valueName: "time"))
  var expiresAt: String?

  func execute() throws {
    var members = JSONValue.Member.optional("is_active", isActive.map { .bool($0) })
    members += JSONValue.Member.optional(
      "expires_at", expiresAt.map { .string($0.lowercased() == "never" ? "never" : $0) })
    members += withering.members() + (try policy.members())
    guard !members.isEmpty else {
      throw CommandFailure(
        .usage, "nothing to change: give --is-active, --max-requests, --expires-at, --label, or another flag")
    }
    let answer = try connection.client().call(
      "PATCH", try TokenCommand.path(of: token), body: .object(members), headers: precondition.headers)
    try RecordPrinter.print(answer.documentWithTag(for: output.format), TokenCommand.fields, output.format)
  }
}
