import ArgumentParser
import Glibc
import ProxyCore

/// `llm-proxy manage usage`.
struct UsageCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "usage", abstract: "Show what was used, by project, token, model, provider, status or time.",
    discussion: """
      Example: llm-proxy manage usage --group-by project,model --from 7d

      With --watch, a terminal shows the present figures until Ctrl-C; a pipe gets one table, or one line of JSON, \
      each time.
      """)

  @OptionGroup(title: "Server") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions
  @OptionGroup var limit: LimitOptions

  @Option(
    help: ArgumentHelp(
      "Up to three of project, token, model, provider, status, day, hour, with commas.", valueName: "groups"))
  var groupBy = "project"

  @OptionGroup var period: PeriodOptions

  @Option(help: ArgumentHelp("Only this project.", valueName: "id"))
  var projectID: String?

  @Option(help: ArgumentHelp("Only this access token.", valueName: "id"))
  var tokenID: String?

  @Option(help: ArgumentHelp("Only this model.", valueName: "name"))
  var model: String?

  @Flag(help: "Show it again and again, until Ctrl-C.")
  var watch = false

  @Option(help: ArgumentHelp("Time between two looks with --watch.", valueName: "duration"))
  var interval = SpanArgument(seconds: 2)

  private static let groups = ["project", "token", "model", "provider", "status", "day", "hour"]

  func validate() throws {
    let asked = groupBy.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard (1...3).contains(asked.count), Set(asked).count == asked.count,
      asked.allSatisfy(Self.groups.contains)
    else {
      throw ValidationError(
        "--group-by takes up to three different ones of \(Self.groups.joined(separator: ", "))")
    }
    if watch, output.format == .csv { throw ValidationError("--watch prints tables or JSON, not csv") }
  }

  func execute() throws {
    let interruption = watch ? try Interruption() : nil
    let client = try connection.client(interruption: interruption?.descriptor ?? -1)
    guard let interruption else { return try show(client) }
    let terminal = Terminal(STDOUT_FILENO)
    do {
      repeat {
        if terminal.canRewrite, output.format == .table { Console.write("\u{1b}[H\u{1b}[2J") }
        try show(client)
      } while !interruption.wait(milliseconds: Int32(clamping: interval.seconds * 1_000))
    } catch let failure as CommandFailure where failure.status == .interrupted {
      // Ctrl-C is how watching ends.
    }
  }

  private func show(_ client: ManagementClient) throws {
    var report = UsageReport(client, query: query, limit: limit.limit)
    switch output.format {
    case .json where watch: Console.output(try report.document().text)
    case .json: try report.printJSON()
    default:
      let columns = UsageReport.columns(groupBy.split(separator: ",").map(String.init))
      try report.print(
        ListPrinter(output.format, columns, csv: UsageReport.furtherPaths), hasTotals: output.format == .table
      )
    }
  }

  private var query: [(String, String)] {
    let fields: KeyValuePairs = [
      "group_by": groupBy, "from": period.from?.text, "to": period.to?.text, "project_id": projectID,
      "token_id": tokenID,
      "model": model,
    ]
    return fields.compactMap { name, value in value.map { (name, $0) } }
  }
}
