import ArgumentParser
import ProxyConfig
import ProxyCore

/// `llm-proxy manage project create`.
struct ProjectCreateCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "create", abstract: "Make a project.",
    discussion: """
      Other users of this machine can read what stands on a command line; OPENAI_API_KEY, @file and - keep the \
      provider's key from them.
      """)

  @OptionGroup(title: "Server") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions
  @OptionGroup var policy: PolicyOptions

  @Option(help: "Its name.")
  var name: String

  @Option(
    name: [.customLong("openai-key"), .customLong("api-key")],
    help: ArgumentHelp(
      "The provider's key, @file, or - for a line of standard input (default: OPENAI_API_KEY).",
      valueName: "key"))
  var providerKey: SecretArgument?

  func execute() throws {
    let variable = try connection.environment()["OPENAI_API_KEY"].map { Secret($0) }
    guard let key = try providerKey?.secret() ?? variable else {
      throw CommandFailure(.usage, "no provider key: give --openai-key, or set OPENAI_API_KEY")
    }
    let members: [JSONValue.Member] = [
      .init(name: "name", value: .string(name)), .init(name: "api_key", value: .string(key.revealText())),
    ]
    let body = JSONValue.object(members + (try policy.members()))
    let answer = try connection.client().call("POST", ProjectCommand.path, body: body)
    try ProjectCommand.print(answer, output.format)
  }
}
