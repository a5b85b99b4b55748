internal import GRDB
internal import ProxyCore

extension Store {
  /// Answers from the roll-ups, which are as old as the last tick of the writer (100 ms).
  ///
  /// - Throws: `invalid` for a cursor that is not of this list, and when the answer takes longer than
  ///   `StoreOptions.queryTimeout` to read; `unavailable`.
  public func usage(_ query: UsageQuery) async throws(StoreError) -> UsageReport {
    let reader = UsageReader(prices: prices, timeout: queryTimeout)
    return try await read { db in try reader.report(query, db) }
  }
}

/// Reads reports. Memory is bounded by the page: rows are summed up as they come.
struct UsageReader: Sendable {
  let prices: PriceBook
  let timeout: Duration

  func report(_ query: UsageQuery, _ db: Database) throws -> UsageReport {
    try QueryTimeout.run(timeout, field: "from", db) {
      let selection = try UsageSelection(query)
      var totals = UsageFigures()
      let (sql, arguments) = selection.totals()
      let rows = try Row.fetchCursor(db, sql: sql, arguments: arguments)
      while let row = try rows.next() { totals += figures(row, from: 0) }
      var (groups, next) = try page(query, selection, db)
      for index in groups.indices { try name(&groups[index], db) }
      if query.groups.isEmpty { groups = [UsageGroup(keys: [], figures: totals)] }
      return UsageReport(groups: groups, totals: totals, next: next, currency: prices.table.currency)
    }
  }

  private func page(_ query: UsageQuery, _ selection: UsageSelection, _ db: Database) throws -> (
    groups: [UsageGroup], next: String?
  ) {
    guard !query.groups.isEmpty else { return ([], nil) }
    let limit = max(1, min(UsageQuery.pageLimit, query.limit))
    let (sql, arguments) = try selection.groups()
    let rows = try Row.fetchCursor(db, sql: sql, arguments: arguments)
    var groups: [UsageGroup] = []
    var last: [DatabaseValue] = []
    while let row = try rows.next() {
      let values = query.groups.indices.map { row[$0] as DatabaseValue }
      if groups.isEmpty || values != last {
        if groups.count == limit {
          return (groups, KeyCursor(last.map { String.fromDatabaseValue($0) ?? "\($0)" }).text)
        }
        groups.append(UsageGroup(keys: zip(query.groups, values).map(Self.key), figures: UsageFigures()))
        last = values
      }
      groups[groups.count - 1].figures += figures(row, from: query.groups.count)
    }
    return (groups, nil)
  }

  private static func key(_ group: UsageQuery.Group, _ value: DatabaseValue) -> UsageGroup.Key {
    let text = String.fromDatabaseValue(value) ?? ""
    let number = Int64.fromDatabaseValue(value) ?? 0
    return switch group {
    case .project: .project(id: text, name: nil)
    case .token: .token(id: text, label: nil)
    case .model: .model(text)
    case .provider: .provider(text)
    case .status: .statusClass(number)
    case .day: .day(Timestamp(milliseconds: number * UsageRollup.dayMilliseconds))
    case .hour: .hour(Timestamp(milliseconds: number * UsageRollup.hourMilliseconds))
    }
  }

  /// Looks up what people call it.
  private func name(_ group: inout UsageGroup, _ db: Database) throws {
    for index in group.keys.indices {
      switch group.keys[index] {
      case .project(let id, _):
        let name = try String.fetchOne(
          db, sql: "SELECT coalesce(deleted_name, name) FROM projects WHERE id = ?", arguments: [id])
        group.keys[index] = .project(id: id, name: name)
      case .token(let id, _):
        let label = try String.fetchOne(db, sql: "SELECT label FROM tokens WHERE id = ?", arguments: [id])
        group.keys[index] = .token(id: id, label: label)
      case .model, .provider, .statusClass, .day, .hour: break
      }
    }
  }

  /// Sums of one model at one provider, whose names are the columns `start` and the next.
  private func figures(_ row: Row, from start: Int) -> UsageFigures {
    func number(_ offset: Int) -> Int64 { row[start + 2 + offset] ?? 0 }
    var figures = UsageFigures()
    figures.requests = number(0)
    figures.errors = number(1)
    figures.estimatedRequests = number(2)
    figures.counts = UsageCounts(
      input: number(3), output: number(4), cachedInput: number(5), reasoning: number(6), total: number(7))
    figures.durationMicroseconds = number(8)
    figures.chargedMicros = number(9)
    let hasTokens = figures.counts.input > 0 || figures.counts.output > 0
    guard hasTokens else { return figures }
    guard let price = prices.price(model: row[start] ?? "", provider: row[start + 1]) else {
      figures.unpricedRequests = figures.requests
      return figures
    }
    figures.cost = price.cost(
      input: figures.counts.input, cachedInput: figures.counts.cachedInput, output: figures.counts.output)
    return figures
  }
}
