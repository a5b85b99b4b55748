import ArgumentParser
import ProxyCore
import ProxyWire

/// `llm-proxy manage events`.
struct EventsCommand: ReportingCommand {
  /// What can be told.
  enum Kind: String, ExpressibleByArgument, CaseIterable {
    case exchange, change, health, overview, sample
  }

  static let configuration = CommandConfiguration(
    commandName: "events",
    abstract: "Tell what happens on the server while it happens, until Ctrl-C.",
    discussion: """
      Exchanges are a sample when there are many (`sample` counts them all); changes are those of projects and \
      tokens. A line each, or with --json a JSON object each: {"event": …, "data": …}.
      """)

  @OptionGroup(title: "Server") var connection: ConnectionOptions

  @Option(
    help: ArgumentHelp(
      "Only these, any number of times (default: exchange, change, health).", valueName: "kind"))
  var only: [Kind] = []

  @Flag(help: "Print JSON, a line each.")
  var json = false

  func execute() throws {
    let interruption = try Interruption()
    let client = try connection.client(interruption: interruption.descriptor, isEndless: true)
    let kinds = Set((only.isEmpty ? [.exchange, .change, .health] : only).map(\.rawValue))
    let (json, writer) = (json, OutputWriter())
    var failure: CommandFailure?
    do {
      try client.follow("/manage/events") { event in
        let name = String(decoding: event.event, as: UTF8.self)
        guard kinds.contains(name), let data = try? JSONReader.firstValue(of: Array(event.data)) else {
          return true
        }
        do throws(CommandFailure) {
          try writer.line(json ? Self.document(name, data).text : Self.line(name, data))
          try writer.flush()
          return true
        } catch {
          failure = error
          return false
        }
      }
      throw CommandFailure(.unreachable, "\(client.server) ended the stream of events")
    } catch let ended as CommandFailure where ended.status == .interrupted {
      // Ctrl-C is how this ends; or nobody reads any more.
      if let failure { throw failure }
    }
  }

  private static func document(_ name: String, _ data: JSONValue) -> JSONValue {
    ["event": .string(name), "data": data]
  }

  /// One event for people.
  static func line(_ name: String, _ data: JSONValue) -> String {
    let columns: [Column] =
      switch name {
      case "exchange":
        [
          Column("", "started_at", .time()), Column("", "status"), Column("", "method"), Column("", "path"),
          Column("", "model"), Column("", "duration_ms"), Column("", "project_name"),
          Column("", "error_code"),
        ]
      case "change":
        [
          Column("", "timestamp", .time()), Column("", "action"), Column("", "actor"),
          Column("", "project_id"),
          Column("", "token_id"),
        ]
      case "health": [Column("", "status"), Column("", "problems")]
      default: []
      }
    guard !columns.isEmpty else { return "\(name) \(Terminal.visible(data.text))" }
    return columns.filter { ![nil, .null].contains(data.value(at: $0.path)) }.map { column in
      column.cell(of: data) + (column.path == "duration_ms" ? " ms" : "")
    }.joined(separator: "  ")
  }
}
