import GRDB
import ProxyCore
import Testing

@testable import ProxyStore

@Suite struct CountingTests {
  @Test(arguments: [1, 10, 63, 1000, 5000] as [Int64])
  func `64 takers take exactly the limit`(limit: Int64) async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open()
    let issued = try await store.makeToken(store.makeProject().id, limit: limit)
    let token = try #require(store.accessToken(issued.secret))
    #expect(await AccessToken.drain([token], width: 64) == limit)
    #expect(token.state() == .usedUp)
    #expect(try await store.token(.secret(issued.secret)).requestCount == limit)
    await store.close()
  }

  @Test func `two stores on one file take exactly the limit between them`() async throws {
    let folder = try TemporaryFolder()
    let first = try folder.open()
    let issued = try await first.makeToken(first.makeProject().id, limit: 3000)
    let second = try folder.open()
    let tokens = [first, second].compactMap { $0.accessToken(issued.secret) }
    #expect(tokens.count == 2)
    #expect(await AccessToken.drain(tokens, width: 64) == 3000)
    await first.close()
    await second.close()
    let count = try await folder.stranger().read {
      try Int.fetchOne($0, sql: "SELECT request_count FROM tokens")
    }
    #expect(count == 3000)
  }

  @Test func `a store that dies forfeits at most its lease and the limit holds`() async throws {
    let folder = try TemporaryFolder()
    var store: Store? = try folder.open()
    let issued = try await #require(store).makeToken(#require(store).makeProject().id, limit: 500)
    var taken = 0
    var forfeited: Int64 = 0
    for _ in 0..<5 {
      let token = try #require(store?.accessToken(issued.secret))
      for _ in 0..<40 where await token.takeWaiting() == .taken { taken += 1 }
      // A prefetch that is under way arrives before the store is dropped, so that the lease is known.
      try await store?.flush()
      forfeited += token.leased
      #expect(token.leased <= LeasePolicy.block(remaining: 500))
      store = nil
      store = try folder.open()
    }
    let last = try #require(store?.accessToken(issued.secret))
    taken += await AccessToken.drain([last], width: 8)
    #expect(taken + Int(forfeited) == 500)
    await store?.close()
  }

  @Test func `a clean close gives the lease back`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open()
    let issued = try await store.makeToken(store.makeProject().id, limit: 1000)
    let token = try #require(store.accessToken(issued.secret))
    for _ in 0..<3 { #expect(await token.takeWaiting() == .taken) }
    #expect(await store.close())
    let reopened = try folder.open()
    let record = try await reopened.token(.id(issued.record.id))
    #expect(record.requestCount == 3)
    #expect(record.lastUsedAt != nil)
    await reopened.close()
    // After the close nothing is handed out that the file does not cover.
    #expect(await token.takeWaiting() == .unavailable)
  }

  @Test func `an idle lease goes back to the file`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open { $0.leaseIdleTimeout = .zero }
    let issued = try await store.makeToken(store.makeProject().id, limit: 1000)
    let token = try #require(store.accessToken(issued.secret))
    #expect(await token.takeWaiting() == .taken)
    token.giveBack(idleSince: nil)
    try await store.flush()
    let count = try await store.read { try Int.fetchOne($0, sql: "SELECT request_count FROM tokens") }
    #expect(count == 1)
    #expect(await AccessToken.drain([token], width: 2) == 999)
    await store.close()
  }

  @Test func `reads show the requests used and not the lease`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open()
    let project = try await store.makeProject().id
    for limit in [10, 100_000, nil] as [Int64?] {
      let issued = try await store.makeToken(project, limit: limit)
      let token = try #require(store.accessToken(issued.secret))
      for used in 1...3 {
        #expect(await token.takeWaiting() == .taken)
        let record = try await store.token(.id(issued.record.id))
        #expect(record.requestCount == Int64(used))
        #expect(record.lastUsedAt != nil)
      }
    }
    await store.close()
  }

  @Test func `changing a token never puts back a count`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open()
    let issued = try await store.makeToken(store.makeProject().id, limit: 400)
    let token = try #require(store.accessToken(issued.secret))
    let taken = try await withThrowingTaskGroup(of: Int.self) { group in
      group.addTask { await AccessToken.drain([token], width: 16) }
      for _ in 0..<40 {
        _ = try await store.updateToken(.id(token.id), TokenChange(isActive: true, maxRequests: .set(400)))
      }
      return try await group.reduce(0, +)
    }
    #expect(taken == 400)
    await store.close()
  }

  @Test func `a limit lowered below what is leased holds at once, and a lifted one too`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open()
    let issued = try await store.makeToken(store.makeProject().id, limit: 32_000)
    let token = try #require(store.accessToken(issued.secret))
    for _ in 0..<10 { #expect(await token.takeWaiting() == .taken) }
    var record = try await store.updateToken(.id(token.id), TokenChange(maxRequests: .set(15)))
    #expect(record.requestCount == 10)
    #expect(await AccessToken.drain([token], width: 8) == 5)
    #expect(token.state() == .usedUp)
    record = try await store.updateToken(.id(token.id), TokenChange(maxRequests: .clear))
    #expect(record.maxRequests == nil)
    for _ in 0..<5 { #expect(token.take(nowMilliseconds: 1, ready: nil) == .taken) }
    record = try await store.updateToken(.id(token.id), TokenChange(maxRequests: .set(22)))
    #expect(record.requestCount == 20)
    #expect(await AccessToken.drain([token], width: 8) == 2)
    await store.close()
  }

  @Test func `counts of unlimited tokens and cache hits reach the file in batches`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open()
    let issued = try await store.makeToken(store.makeProject().id)
    let token = try #require(store.accessToken(issued.secret))
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask { for _ in 0..<1000 { _ = token.take(nowMilliseconds: 1_700_000_000_000, ready: nil) } }
      }
    }
    token.noteCacheHit(nowMilliseconds: 1_700_000_000_000)
    #expect(try await store.token(.id(token.id)).requestCount == 8000)
    await store.close()
    let row = try await folder.stranger().read {
      try String.fetchOne(
        $0, sql: "SELECT request_count || '|' || cache_hit_count || '|' || last_used_at FROM tokens")
    }
    #expect(row == "8000|1|2023-11-14 22:13:20+00:00")
  }
}
