import ArgumentParser
import ProxyCore

/// `llm-proxy manage token generate`.
struct TokenGenerateCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate", abstract: "Make an access token; it is shown once.",
    discussion: "It lasts for 24 hours when nothing else is said.")

  @OptionGroup(title: "Server") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions
  @OptionGroup var expiry: ExpiryOptions
  @OptionGroup var withering: WitheringOptions
  @OptionGroup var policy: PolicyOptions

  @Option(help: ArgumentHelp("The project that pays.", valueName: "id"))
  var projectID: String

  func execute() throws {
    var members = [JSONValue.Member(name: "project_id", value: .string(projectID))]
    members += expiry.members(else: LifetimeArgument(seconds: 86_400)) + withering.members()
    members += try policy.members()
    let answer = try connection.client().call("POST", TokenCommand.path, body: .object(members))
    try IssuedTokenPrinter.print(answer.document, output.format)
  }
}
