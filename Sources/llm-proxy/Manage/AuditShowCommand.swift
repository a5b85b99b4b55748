import ArgumentParser
import ProxyClient
import ProxyCore

/// `llm-proxy manage audit show`.
struct AuditShowCommand: ReportingCommand {
  static let configuration = CommandConfiguration(commandName: "show", abstract: "Show one audit event.")

  @OptionGroup(title: "Server") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Argument(help: "Its id.")
  var id: String

  func execute() throws {
    let answer = try connection.client().call("GET", "\(AuditCommand.path)/\(BaseURL.encoded(id))")
    try RecordPrinter.print(answer.document, AuditCommand.fields, output.format)
  }
}
