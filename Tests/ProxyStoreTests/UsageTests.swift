import GRDB
import ProxyCore
import Testing

@testable import ProxyStore

@Suite struct UsageTests {
  @Test func `entries reach the ledger with everything they say`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open()
    let project = try await store.makeProject()
    let token = try #require(store.accessToken(try await store.makeToken(project.id).secret))
    var entry = UsageEntry(token: token, requestID: "r-1", startedMilliseconds: 1_700_000_000_000)
    entry.model = "gpt-4o"
    entry.provider = "openai"
    entry.status = 200
    entry.isStream = true
    entry.outcome = .clientGone
    entry.counts = UsageCounts(input: 10, output: 20, cachedInput: 4, reasoning: 7)
    entry.provenance = .reported
    entry.firstByteMicroseconds = 1234
    store.usage.record(entry)
    try await store.flush()
    let row = try await store.read { db in
      try String.fetchOne(
        db,
        sql: """
          SELECT printf('%s|%s|%s|%d|%d|%d|%d|%d|%s|%s|%d|%d|%d|%d', project_id, token_id, request_id,
            input_tokens, output_tokens, total_tokens, cached_input_tokens, reasoning_tokens, provenance,
            outcome, status, first_byte_us, is_stream, api IS NULL)
          FROM usage_entries
          """)
    }
    #expect(row == "\(project.id)|\(token.id)|r-1|10|20|30|4|7|reported|client_gone|200|1234|1|1")
    await store.close()
  }

  @Test func `closing writes everything that was recorded`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open()
    for index in 0..<12_345 {
      store.usage.record(UsageEntry(token: nil, requestID: "r\(index)", startedMilliseconds: 1))
    }
    #expect(await store.close())
    let count = try await folder.stranger().read {
      try Int.fetchOne($0, sql: "SELECT count(DISTINCT request_id) FROM usage_entries")
    }
    #expect(count == 12_345)
    #expect(store.usage.dropped == 0)
  }

  @Test func `beyond the bound entries are dropped and counted`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open { $0.usageQueueLimit = 100 }
    let shell = try folder.stranger()
    try await shell.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
    for _ in 0..<150 { store.usage.record(UsageEntry(token: nil, requestID: "r", startedMilliseconds: 1)) }
    #expect(store.usage.queued == 100)
    #expect(store.usage.dropped == 50)
    try await shell.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
    #expect(await store.close())
    #expect(try await shell.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM usage_entries") } == 100)
  }

  @Test func `a queue keeps in order what could not be written`() {
    let queue = BatchQueue<Int>(limit: 5, wakeAt: 3)
    for number in 1...4 { queue.append(number) }
    #expect(queue.next(2) == [1, 2])
    for number in 5...6 { queue.append(number) }
    #expect(queue.dropped == 1 && queue.queued == 5)
    #expect(queue.next(3) == [1, 2, 3])
    queue.settle(3)
    #expect(queue.next(10) == [4])
    queue.settle(1)
    #expect(queue.next(10) == [5])
    queue.settle(1)
    #expect(queue.queued == 0 && queue.next(10).isEmpty)
  }

  @Test func `on a full disk nothing is lost and health says so`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open { $0.operationTimeout = .milliseconds(200) }
    let project = try await store.makeProject()
    let token = try #require(store.accessToken(try await store.makeToken(project.id).secret))
    try await store.writer.write { db in
      let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
      try db.execute(sql: "PRAGMA max_page_count = \(pages)")
    }
    let label = String(repeating: "x", count: 2000)
    for _ in 0..<100 {
      store.usage.record(UsageEntry(token: token, requestID: label, startedMilliseconds: 1))
    }
    await #expect(throws: StoreError.unavailable(reason: "the disk is full")) { try await store.flush() }
    #expect(token.take(nowMilliseconds: 1, ready: nil) == .taken)
    #expect(store.health.problem == "the disk is full" && store.health.usageQueued == 100)
    #expect(try await store.listTokens().tokens.count == 1)
    try await store.pool.write { try $0.execute(sql: "PRAGMA max_page_count = 1000000") }
    try await store.flush()
    #expect(store.health.isWritable)
    #expect(try await store.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM usage_entries") } == 100)
    #expect(try await store.token(.id(token.id)).requestCount == 1)
    await store.close()
  }
}
