import ArgumentParser
import ProxyCore

/// `llm-proxy manage cache purge`.
struct CachePurgeCommand: ReportingCommand {
  static let configuration = CommandConfiguration(commandName: "purge", abstract: "Forget cached answers.")

  @OptionGroup(title: "Server") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Option(help: "Method of the request whose answer is forgotten.")
  var method = "GET"

  @Option(help: ArgumentHelp("Path and query of that request, such as /v1/models.", valueName: "path"))
  var url: String?

  @Option(help: ArgumentHelp("Forget all answers to paths that begin so.", valueName: "path"))
  var prefix: String?

  @Option(help: ArgumentHelp("Another name of --manage-api-base-url.", valueName: "url", visibility: .hidden))
  var apiBaseURL: String?

  func validate() throws {
    if url == nil, prefix == nil { throw ValidationError("give --url, or --prefix") }
  }

  func execute() throws {
    var connection = connection
    connection.baseURL = connection.baseURL ?? apiBaseURL
    let body = JSONValue.members([
      // Asked for by the Go program with a prefix too, which then decides.
      "method": .string(method), "url": .string(url ?? "/"), "prefix": prefix.map { .string($0) },
    ])
    let answer = try connection.client().call("POST", "/manage/cache/purge", body: body)
    guard output.format == .table else {
      return try RecordPrinter.print(answer.document, [Column("Deleted", "deleted")], output.format)
    }
    switch answer.document["deleted"] {
    case .bool(true)?: Console.output("Cache entry deleted successfully")
    case .number(let count)?: Console.output("Cache prefix purge completed: \(count) entries deleted")
    default:
      Console.output("Cache entry was not found")
      Console.note("answers to \(method.uppercased()) were looked at; --method names another one")
    }
  }
}
