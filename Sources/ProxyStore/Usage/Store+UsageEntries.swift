internal import GRDB
internal import ProxyCore

extension Store {
  /// Most entries on one page.
  public static let usageEntryPageLimit = 1000

  /// One page of the ledger, newest first.
  ///
  /// - Parameters:
  ///   - filter: which entries.
  ///   - limit: entries on the page, 1 to `usageEntryPageLimit`; beyond that it is cut.
  ///   - after: `next` of the page before; `nil` for the first.
  /// - Throws: `invalid` for a cursor that is not one of ours, and when the page takes longer than
  ///   `StoreOptions.queryTimeout` to find; `unavailable`.
  public func usageEntries(
    _ filter: UsageEntryFilter = UsageEntryFilter(), limit: Int = 100, after: String? = nil
  ) async throws(StoreError) -> UsageEntryPage {
    let count = max(1, min(Self.usageEntryPageLimit, limit))
    var (conditions, arguments) = Self.conditions(filter)
    if let after {
      guard let cursor = KeyCursor(text: after, count: 2), let moment = Int64(cursor.values[0]),
        let id = Int64(cursor.values[1])
      else { throw .invalid(field: "after", reason: "is not a cursor of this list") }
      conditions.append("(started_ms, id) < (?, ?)")
      arguments += [moment, id]
    }
    let condition = conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
    let sql =
      "SELECT * FROM usage_entries" + condition + " ORDER BY started_ms DESC, id DESC LIMIT \(count + 1)"
    let (values, prices, timeout) = (arguments, prices, queryTimeout)
    return try await read { db in
      try QueryTimeout.run(timeout, field: "from", db) {
        let rows = try Row.fetchAll(db, sql: sql, arguments: values)
        let entries = rows.prefix(count).map { UsageEntryRecord($0, prices) }
        var page = UsageEntryPage(entries: entries, next: nil)
        if rows.count > count, let last = entries.last {
          page.next = KeyCursor(["\(last.startedAt.milliseconds)", "\(last.id)"]).text
        }
        return page
      }
    }
  }

  private static func conditions(_ filter: UsageEntryFilter) -> ([String], StatementArguments) {
    var conditions: [String] = []
    var arguments: StatementArguments = []
    func add(_ condition: String, _ values: (any DatabaseValueConvertible)?...) {
      guard !values.contains(where: { $0 == nil }) else { return }
      conditions.append(condition)
      arguments += StatementArguments(values)
    }
    add("project_id = ?", filter.projectID)
    add("token_id = ?", filter.tokenID)
    add("model = ?", filter.model)
    add("status BETWEEN ? AND ?", filter.status?.lowerBound, filter.status?.upperBound)
    add("outcome = ?", filter.outcome?.rawValue)
    add("started_ms >= ?", filter.from?.milliseconds)
    add("started_ms < ?", filter.to?.milliseconds)
    return (conditions, arguments)
  }
}

extension UsageEntryRecord {
  fileprivate init(_ row: Row, _ prices: PriceBook) {
    id = row["id"]
    startedAt = Timestamp(milliseconds: row["started_ms"])
    durationMicroseconds = row["duration_us"]
    firstByteMicroseconds = row["first_byte_us"]
    requestID = row["request_id"]
    projectID = row["project_id"]
    tokenID = row["token_id"]
    api = row["api"]
    provider = row["provider"]
    model = row["model"]
    operation = row["operation"]
    status = row["status"]
    isStream = row["is_stream"]
    outcome = row["outcome"]
    counts = UsageCounts(
      input: row["input_tokens"], output: row["output_tokens"], cachedInput: row["cached_input_tokens"],
      reasoning: row["reasoning_tokens"], total: row["total_tokens"])
    provenance = row["provenance"]
    requestBytes = row["request_bytes"]
    responseBytes = row["response_bytes"]
    chargedMicros = row["charged_micros"]
    costMicros = nil
    guard let model, let price = prices.price(model: model, provider: api ?? provider) else { return }
    costMicros =
      price.cost(input: counts.input, cachedInput: counts.cachedInput, output: counts.output).rounded
  }
}
