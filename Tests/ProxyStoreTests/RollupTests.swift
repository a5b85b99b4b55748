import GRDB
import ProxyCore
import Testing

@testable import ProxyStore

@Suite struct RollupTests {
  static let noon: Int64 = 1_700_049_600_000  // 2023-11-15T12:00:00Z

  static func entry(
    _ token: AccessToken?, model: String? = "gpt-4o", at moment: Int64 = noon, status: UInt16 = 200,
    input: Int64 = 1000, output: Int64 = 100
  ) -> UsageEntry {
    var entry = UsageEntry(token: token, requestID: "r", startedMilliseconds: moment)
    entry.model = model
    entry.api = "openai"
    entry.status = status
    entry.counts = UsageCounts(input: input, output: output)
    entry.provenance = .reported
    entry.durationMicroseconds = 2_000_000
    return entry
  }

  private func filled(_ folder: TemporaryFolder) async throws -> (
    store: Store, first: AccessToken, second: AccessToken
  ) {
    let store = try folder.open()
    let project = try await store.makeProject()
    let first = try #require(store.accessToken(try await store.makeToken(project.id).secret))
    let second = try #require(store.accessToken(try await store.makeToken(project.id).secret))
    return (store, first, second)
  }

  @Test func `sums by hour and day are those of the entries`() async throws {
    let folder = try TemporaryFolder()
    let (store, first, second) = try await filled(folder)
    for index in 0..<5000 {
      let moment = Self.noon + Int64(index) * 60_000
      store.usage.record(
        Self.entry(
          index % 3 == 0 ? first : second, model: "m\(index % 5)", at: moment,
          status: index % 7 == 0 ? 429 : 200))
    }
    try await store.flush()
    for (table, unit) in [("usage_hours", 3_600_000), ("usage_days", 86_400_000)] {
      let differences = try await store.read { db in
        try Int.fetchOne(
          db,
          sql: """
            SELECT count(*) FROM (
              SELECT started_ms / \(unit), project_id, token_id, model, api, status / 100, count(*),
                sum(status >= 400), sum(input_tokens), sum(output_tokens), sum(total_tokens), sum(duration_us),
                coalesce(sum(charged_micros), 0)
              FROM usage_entries GROUP BY 1, 2, 3, 4, 5, 6
              EXCEPT SELECT period, project_id, token_id, model, provider, status_class, requests, errors,
                input_tokens, output_tokens, total_tokens, duration_us, charged_micros FROM \(table))
            """)
      }
      #expect(differences == 0)
      #expect(
        try await store.read { try Int.fetchOne($0, sql: "SELECT sum(requests) FROM \(table)") } == 5000)
    }
    await store.close()
  }

  @Test func `a report groups, names, prices and pages`() async throws {
    let folder = try TemporaryFolder()
    let (store, first, second) = try await filled(folder)
    for _ in 0..<3 { store.usage.record(Self.entry(first)) }
    store.usage.record(Self.entry(second, model: "unheard-of", status: 500))
    store.usage.record(Self.entry(second, at: Self.noon + 3_600_000, input: 1, output: 0))
    try await store.flush()
    var query = UsageQuery([.token, .hour])
    query.limit = 2
    let page = try await store.usage(query)
    #expect(page.groups.count == 2 && page.totals.requests == 5 && page.totals.errors == 1)
    #expect(page.totals.unpricedRequests == 1)
    // 3 × (1000 × 2.50 + 100 × 10) + 1 × 2.50 micro-units, and one rounding.
    #expect(page.totals.costMicros == 10_503)
    query.after = page.next
    #expect(page.next != nil)
    let last = try await store.usage(query)
    #expect(last.groups.count == 1 && last.next == nil)
    let all = page.groups + last.groups
    #expect(all.map(\.figures.requests).sorted() == [1, 1, 3])
    #expect(all.first { $0.figures.unpricedRequests == 1 }?.figures.costMicros == nil)
    query = UsageQuery([.project, .model, .status])
    let models = try await store.usage(query)
    #expect(
      models.groups.map(\.keys) == [
        [.project(id: first.project.id, name: "p"), .model("gpt-4o"), .statusClass(2)],
        [.project(id: first.project.id, name: "p"), .model("unheard-of"), .statusClass(5)],
      ])
    await store.close()
  }

  @Test func `hours and days answer spans and filters`() async throws {
    let folder = try TemporaryFolder()
    let (store, first, second) = try await filled(folder)
    let midnight = Self.noon - 12 * 3_600_000
    for hour in 0..<48 {
      store.usage.record(Self.entry(hour < 24 ? first : second, at: midnight + Int64(hour) * 3_600_000))
    }
    try await store.flush()
    func requests(_ change: (inout UsageQuery) -> Void) async throws -> Int64 {
      var query = UsageQuery([.day])
      change(&query)
      return try await store.usage(query).totals.requests
    }
    let day = Timestamp(milliseconds: midnight)
    #expect(try await requests { $0.from = day.advanced(by: .seconds(86_400)) } == 24)
    #expect(try await requests { $0.to = day.advanced(by: .seconds(3600)) } == 1)
    #expect(try await requests { $0.from = day.advanced(by: .seconds(1)) } == 47)
    #expect(try await requests { $0.tokenID = second.id } == 24)
    #expect(try await requests { $0.statusClass = 4 } == 0)
    var query = UsageQuery([.day])
    query.from = day.advanced(by: .seconds(23 * 3600))
    #expect(try await store.usage(query).groups.map(\.figures.requests) == [1, 24])
    await store.close()
  }

  @Test func `a cursor of another list is refused and a long answer is cut off`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open { $0.queryTimeout = .nanoseconds(0) }
    var query = UsageQuery([.model])
    query.after = KeyCursor(["a", "b"]).text
    await #expect(throws: StoreError.invalid(field: "after", reason: "is not a cursor of this list")) {
      try await store.usage(query)
    }
    for index in 0..<20_000 {
      store.usage.record(Self.entry(nil, model: "m", at: Self.noon + Int64(index) * 3_600_000))
    }
    try await store.flush()
    await #expect(throws: StoreError.self) { try await store.usage(UsageQuery([.hour])) }
    await store.close()
  }

  @Test func `a client cannot make rows without end by naming models`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open()
    for index in 0..<3000 { store.usage.record(Self.entry(nil, model: "m\(index)")) }
    store.usage.record(Self.entry(nil, model: String(repeating: "x", count: 129)))
    try await store.flush()
    let report = try await store.usage(UsageQuery([.model]))
    #expect(report.totals.requests == 3001)
    #expect(try await store.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM usage_days") } == 1001)
    await store.close()
  }

  @Test func `old entries go in small steps and sums stay longer`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open()
    let now = Clocks.unixMilliseconds()
    for _ in 0..<2500 { store.usage.record(Self.entry(nil, at: now - 2 * 86_400_000)) }
    store.usage.record(Self.entry(nil, at: now))
    try await store.flush()
    let retention = UsageRetention(folder.options { $0.usageRetention = .seconds(86_400) })
    var steps = 0
    while try await store.pool.write({ try retention.trim(now: now, $0) }) { steps += 1 }
    #expect(steps == 2)
    #expect(try await store.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM usage_entries") } == 1)
    #expect(try await store.usage(UsageQuery()).totals.requests == 2501)
    let old = UsageRetention(folder.options { $0.rollupRetention = .seconds(86_400) })
    _ = try await store.pool.write { try old.trim(now: now, $0) }
    #expect(try await store.usage(UsageQuery()).totals.requests == 1)
    await store.close()
  }

  @Test func `entries are listed newest first, page by page, with filters`() async throws {
    let folder = try TemporaryFolder()
    let (store, first, second) = try await filled(folder)
    for index in 0..<25 {
      store.usage.record(
        Self.entry(
          index % 5 == 0 ? second : first, at: Self.noon + Int64(index / 2), status: index == 7 ? 404 : 200))
    }
    try await store.flush()
    var seen: [UsageEntryRecord] = []
    var after: String?
    repeat {
      let page = try await store.usageEntries(limit: 10, after: after)
      seen += page.entries
      after = page.next
    } while after != nil
    #expect(seen.count == 25 && Set(seen.map(\.id)).count == 25)
    #expect(seen.map(\.startedAt.milliseconds) == seen.map(\.startedAt.milliseconds).sorted(by: >))
    #expect(seen[0].costMicros == 3500 && seen[0].chargedMicros == 3500)
    var filter = UsageEntryFilter()
    filter.tokenID = second.id
    #expect(try await store.usageEntries(filter).entries.count == 5)
    filter = UsageEntryFilter()
    filter.status = 400...499
    #expect(try await store.usageEntries(filter).entries.map(\.status) == [404])
    await #expect(throws: StoreError.self) { try await store.usageEntries(after: "zz") }
    await store.close()
  }

  @Test func `a ledger of an older file is summed up when it is opened`() async throws {
    let folder = try TemporaryFolder()
    let (store, first, _) = try await filled(folder)
    for _ in 0..<10 { store.usage.record(Self.entry(first)) }
    #expect(await store.close())
    let shell = try folder.stranger()
    try await shell.write { db in
      for table in ["usage_hours", "usage_days", "usage_balances", "usage_holds"] {
        try db.execute(sql: "DROP TABLE \(table)")
      }
      try db.execute(sql: "DELETE FROM llmp_migrations WHERE version = 5; PRAGMA user_version = 3")
    }
    try shell.close()
    let again = try folder.open()
    let report = try await again.usage(UsageQuery([.model]))
    #expect(report.totals.requests == 10 && report.totals.costMicros == 35_000)
    #expect(report.totals.chargedMicros == 0)
    await again.close()
  }
}
