import ArgumentParser
import ProxyCore

/// `llm-proxy manage overview`.
struct OverviewCommand: ReportingCommand {
  /// How far back it looks.
  enum Range: String, ExpressibleByArgument, CaseIterable {
    case quarter = "15m"
    case hour = "1h"
    case day = "24h"
    case week = "7d"
    case month = "30d"
  }

  static let configuration = CommandConfiguration(
    commandName: "overview", abstract: "Show how the server does, in a few figures.")

  @OptionGroup(title: "Server") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Option(help: ArgumentHelp("How far back to look.", valueName: "range"))
  var range = Range.hour

  private static let fields: [Column] = [
    Column("Health", "health.status"), Column("Problems", "health.problems"),
    Column("Requests", "totals.requests"),
    Column("Errors", "totals.errors"), Column("Streams", "totals.streams"),
    Column("Input tokens", "totals.input_tokens"), Column("Output tokens", "totals.output_tokens"),
    Column("Cost", "totals.cost_micros", .money), Column("Currency", "totals.currency"),
    Column("In flight", "in_flight.exchanges"), Column("p50 ms", "latency_ms.p50"),
    Column("p95 ms", "latency_ms.p95"), Column("p99 ms", "latency_ms.p99"),
    Column("Projects", "counts.projects"),
    Column("Active tokens", "counts.active_tokens"), Column("Memory bytes", "process.memory_bytes"),
    Column("Up", "process.uptime_seconds", .span()), Column("Version", "process.version"),
  ]

  func execute() throws {
    let answer = try connection.client().call("GET", "/manage/overview", query: [("range", range.rawValue)])
    try RecordPrinter.print(answer.document, Self.fields, output.format)
  }
}
