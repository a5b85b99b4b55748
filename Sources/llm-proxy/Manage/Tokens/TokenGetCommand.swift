import ArgumentParser
import ProxyCore

/// `llm-proxy manage token get`.
struct TokenGetCommand: ReportingCommand {
  static let configuration = CommandConfiguration(commandName: "get", abstract: "Show one access token.")

  @OptionGroup(title: "Server") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Argument(help: "Its id, or the token itself; @file, or - for a line of standard input.")
  var token: SecretArgument

  func execute() throws {
    let answer = try connection.client().call("GET", try TokenCommand.path(of: token))
    try RecordPrinter.print(answer.documentWithTag(for: output.format), TokenCommand.fields, output.format)
  }
}
