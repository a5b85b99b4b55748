import ArgumentParser
import ProxyClient
import ProxyCore

/// `llm-proxy manage provider test`.
struct ProviderTestCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "test", abstract: "Let the server send a small request to a provider.",
    discussion: "Ends with 0 when the provider answered it, else with 1.")

  @OptionGroup(title: "Server") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Argument(help: "The provider's name.")
  var name: String

  @Option(help: ArgumentHelp("With the key of this project.", valueName: "id"))
  var projectID: String?

  @Option(help: ArgumentHelp("With this model.", valueName: "name"))
  var model: String?

  private static let fields: [Column] = [
    Column("Works", "ok", .flag), Column("Status", "status"), Column("Latency ms", "latency_ms"),
    Column("Message", "message"),
  ]

  func execute() throws {
    let body = JSONValue.members(["project_id": projectID?.json, "model": model?.json])
    let answer = try connection.client().call(
      "POST", "\(ProviderCommand.path)/\(BaseURL.encoded(name))/test", body: body)
    try RecordPrinter.print(answer.document, Self.fields, output.format)
    if answer.document["ok"] != .bool(true) {
      throw CommandFailure(.failure, "the provider did not answer it")
    }
  }
}
