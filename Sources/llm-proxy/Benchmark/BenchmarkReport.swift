import ProxyCore

/// Prints what a benchmark measured.
struct BenchmarkReport {
  private static let percentiles = [("p50", 50.0), ("p90", 90), ("p95", 95), ("p99", 99)]
  private let plan: BenchmarkPlan
  private let result: BenchmarkResult

  /// A report on `result` of `plan`.
  init(_ plan: BenchmarkPlan, _ result: BenchmarkResult) {
    self.plan = plan
    self.result = result
  }

  /// Prints to standard output.
  func print(_ format: OutputFormat) throws(CommandFailure) {
    let writer = OutputWriter()
    switch format {
    case .json: try writer.line(document.indented())
    case .csv:
      let figures = Self.flat(document)
      try writer.write(CSVText.line(figures.map(\.name)) + "\r\n")
      try writer.write(CSVText.line(figures.map { CSVText.field($0.value) }) + "\r\n")
    case .table: for line in lines { try writer.line(line) }
    }
    try writer.flush()
  }

  private var groups: [(name: String, title: String, figures: LatencyHistogram)] {
    let all = [
      ("latency_ms", "Latency", result.latency), ("first_byte_ms", "First byte", result.firstByte),
      ("first_event_ms", "First event", result.firstEvent),
      ("event_gap_ms", "Between events", result.eventGap),
      ("upstream_ms", "Upstream", result.upstream), ("proxy_ms", "Proxy", result.proxy),
    ]
    // The first two are always there, so that readers of CSV find their columns.
    return all.enumerated().filter { $0.offset < 2 || $0.element.2.count > 0 }.map(\.element)
  }

  /// All figures as one document; times in milliseconds.
  var document: JSONValue {
    var members: [JSONValue.Member] = [
      .init(name: "requests", value: .integer(result.count)),
      .init(name: "concurrency", value: .integer(plan.concurrency)),
      .init(name: "rate", value: plan.rate.map { .number(Figure.decimal($0)) } ?? .null),
      .init(
        name: "duration_seconds",
        value: .number(Figure.decimal(Double(result.elapsed.wholeMicroseconds) / 1e6))),
      .init(name: "success", value: .integer(result.succeeded)),
      .init(name: "failed", value: .integer(result.failed)),
      .init(name: "requests_per_second", value: .number(Figure.decimal(result.requestsPerSecond))),
      .init(name: "received_bytes", value: .integer(result.receivedBytes)),
      .init(name: "events", value: .integer(result.events)),
      .init(name: "cache_hits", value: .integer(result.cacheHits)),
    ]
    members += groups.map { .init(name: $0.name, value: Self.document(of: $0.figures)) }
    let statuses = result.statuses.sorted { $0.key < $1.key }
    members.append(
      .init(
        name: "status_codes",
        value: .object(statuses.map { .init(name: "\($0.key)", value: .integer($0.value)) })))
    let failures = result.failures.sorted { $0.key < $1.key }
    members.append(
      .init(name: "errors", value: .object(failures.map { .init(name: $0.key, value: .integer($0.value)) })))
    return .object(members)
  }

  private static func document(of figures: LatencyHistogram) -> JSONValue {
    func member(_ name: String, _ microseconds: Int64) -> JSONValue.Member {
      .init(name: name, value: .number(Figure.milliseconds(microseconds: microseconds)))
    }
    let percentiles = percentiles.map { member($0.0, figures.percentile($0.1)) }
    return .object(
      [member("min", figures.minimum), member("avg", Int64(figures.mean))] + percentiles + [
        member("max", figures.maximum)
      ])
  }

  /// The members of objects beside those of the document, `latency_ms.p50`.
  private static func flat(_ document: JSONValue) -> [JSONValue.Member] {
    guard case .object(let members) = document else { return [] }
    return members.flatMap { member -> [JSONValue.Member] in
      guard case .object = member.value, member.name.hasSuffix("_ms") else { return [member] }
      return flat(member.value).map { .init(name: "\(member.name).\($0.name)", value: $0.value) }
    }
  }

  private var lines: [String] {
    var rows = [
      ("Total requests", "\(result.count)"), ("Concurrency", "\(plan.concurrency)"),
      ("Duration (s)", Figure.decimal(Double(result.elapsed.wholeMicroseconds) / 1e6)),
      ("Success", "\(result.succeeded)"), ("Failed", "\(result.failed)"),
      ("Requests/sec", Figure.decimal(result.requestsPerSecond)),
    ]
    if let rate = plan.rate { rows.insert(("Rate asked for", Figure.decimal(rate)), at: 2) }
    if result.events > 0 { rows.append(("Events", "\(result.events)")) }
    if result.cacheHits > 0 { rows.append(("Cache hits", "\(result.cacheHits)")) }
    let width = rows.map(\.0.count).max() ?? 0
    return rows.map { TextWidth.padded($0.0, to: width + 2) + $0.1 } + [""] + times + [""] + endings
  }

  private var times: [String] {
    let columns =
      [Column("ms", "title", minimum: 14)]
      + ["min", "avg", "p50", "p90", "p95", "p99", "max"].map { Column($0, $0, .number(), minimum: 6) }
    let rows = groups.map { group in
      let figures = Self.document(of: group.figures)
      return [group.title] + columns.dropFirst().map { $0.cell(of: figures) }
    }
    let layout = TableLayout(columns, rows: rows, available: nil)
    return [layout.header] + rows.map(layout.line)
  }

  private var endings: [String] {
    result.statuses.sorted { $0.key < $1.key }.map { "Status \($0.key): \($0.value)" }
      + result.failures.sorted { $0.key < $1.key }.map { "No answer (\($0.key)): \($0.value)" }
  }

  /// Shows one answer of each status on standard error.
  static func showSamples(_ result: BenchmarkResult) {
    for (status, text) in result.samples.sorted(by: { $0.key < $1.key }) {
      Console.note("Sample of status \(status):\n\(Terminal.visible(text, keepsLines: true))")
    }
  }
}
