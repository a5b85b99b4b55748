import ProxyCore

/// The usage that a query finds, walked page by page.
struct UsageReport {
  private let client: ManagementClient
  private let query: [(String, String)]
  private var wanted: Int64?
  private var after: String?
  private var isEnded = false
  /// The figures of all rows together, and the currency; known after the first page.
  private var totals: JSONValue?
  private var currency: JSONValue?

  /// A report on what `query` asks for, with at most `limit` rows.
  init(_ client: ManagementClient, query: [(String, String)], limit: Int64?) {
    self.client = client
    self.query = query
    wanted = limit
  }

  private mutating func next() throws(CommandFailure) -> [JSONValue]? {
    if isEnded || wanted == 0 { return nil }
    var fields = query + [("limit", "\(min(ListReader.pageSize, wanted ?? ListReader.pageSize))")]
    if let after { fields.append(("after", after)) }
    let document = try client.call("GET", "/manage/usage", query: fields).document
    guard var rows = document["usage"]?.elements else {
      throw CommandFailure(.failure, "\(client.server) did not answer with usage; is it an older server?")
    }
    if totals == nil { (totals, currency) = (document["totals"], document["currency"]) }
    after = document["next"]?.stringValue
    isEnded = after == nil
    if let left = wanted {
      rows = Array(rows.prefix(Int(left)))
      wanted = left - Int64(rows.count)
    }
    return rows
  }

  /// Prints a list with the totals as its last line, if wanted.
  mutating func print(_ printer: ListPrinter, hasTotals: Bool) throws(CommandFailure) {
    while let rows = try next() {
      // With the last page, so that widths know the totals when there is one page.
      let last = isEnded && hasTotals ? totals.map { [Self.named($0)] } ?? [] : []
      try printer.add(printer.count == 0 && rows.isEmpty ? [] : rows + last)
    }
    try printer.end(empty: "nothing was used")
  }

  /// Prints one JSON object whose rows come page by page.
  mutating func printJSON() throws(CommandFailure) {
    let writer = OutputWriter()
    var count = 0
    while let rows = try next() {
      for row in rows {
        try writer.write((count == 0 ? "{\n  \"usage\": [\n    " : ",\n    ") + row.indented(2))
        count += 1
      }
    }
    try writer.write(count == 0 ? "{\n  \"usage\": []" : "\n  ]")
    try writer.write(",\n  \"totals\": \((totals ?? .null).indented(1))")
    try writer.line(",\n  \"currency\": \((currency ?? .null).text)\n}")
    try writer.flush()
  }

  /// All of it as one document.
  mutating func document() throws(CommandFailure) -> JSONValue {
    var rows: [JSONValue] = []
    while let page = try next() { rows += page }
    return ["usage": .array(rows), "totals": totals ?? .null, "currency": currency ?? .null]
  }

  private static func named(_ totals: JSONValue) -> JSONValue {
    guard case .object(let members) = totals else { return totals }
    let names = ["project_name", "token_label", "model", "provider", "status", "day", "hour"]
    return .object(names.map { .init(name: $0, value: "total") } + members)
  }
}

// MARK: - Columns

extension UsageReport {
  /// Further members in CSV.
  static let furtherPaths = [
    "project_id", "token_id", "cached_input_tokens", "reasoning_tokens", "total_tokens", "estimated_requests",
  ]

  /// What a table shows for rows grouped so.
  static func columns(_ groups: [String]) -> [Column] {
    let named: [String: Column] = [
      "project": Column("Project", "project_name", minimum: 12),
      "token": Column("Token", "token_label", minimum: 12),
      "model": Column("Model", "model", minimum: 12), "provider": Column("Provider", "provider"),
      "status": Column("Status", "status", minimum: 6), "day": Column("Day", "day", minimum: 10),
      "hour": Column("Hour", "hour", .time(), minimum: 16),
    ]
    return groups.compactMap { named[$0] } + [
      Column("Requests", "requests", .number()), Column("Errors", "errors", .number(), minimum: 6),
      Column("Input", "input_tokens", .number()), Column("Output", "output_tokens", .number()),
      Column("Cost", "cost_micros", .money),
      Column("Latency ms", "latency_ms_avg", .number(), minimum: 10, isOptional: true),
    ]
  }
}
