import GRDB
import ProxyCore
import Testing

@testable import ProxyStore

/// Disuse and renewal with a file behind them, and with two processes on it.
@Suite struct WitheringTests {
  private func make(
    _ store: Store, _ change: (inout TokenCreation) -> Void
  ) async throws -> (record: TokenRecord, token: AccessToken) {
    var creation = TokenCreation(
      projectID: try await store.makeProject().id, expiresAt: .now().advanced(by: .seconds(3600)))
    change(&creation)
    let issued = try await store.createToken(creation)
    return (issued.record, try #require(store.accessToken(issued.secret)))
  }

  @Test func `the columns come back as they went in, and plain tokens have none`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open()
    let bound = Timestamp.now().advanced(by: .seconds(7200))
    let (record, token) = try await make(store) {
      $0.idleTimeout = 60
      $0.renewOnUse = 120
      $0.renewUntil = bound
    }
    #expect(record.idleTimeout == 60 && record.renewOnUse == 120 && record.renewUntil == bound)
    #expect(record.parentID == nil && !record.isOneShot)
    #expect(token.idleExpiresMilliseconds == record.createdAt.milliseconds + 60_000)
    let plain = try await store.makeToken(record.projectID)
    #expect(store.accessToken(plain.secret)?.counter.withLock { $0.detail == nil } == true)
    await store.close()
  }

  @Test func `what cannot be is refused by name`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open()
    let project = try await store.makeProject().id
    func refusal(_ change: (inout TokenCreation) -> Void) async -> String? {
      var creation = TokenCreation(projectID: project, expiresAt: .now().advanced(by: .seconds(60)))
      change(&creation)
      let wish = creation
      do {
        _ = try await store.createToken(wish)
        return nil
      } catch {
        if case .invalid(let field, _) = error { return field }
        return "\(error)"
      }
    }
    #expect(await refusal { $0.idleTimeout = 0 } == "idle_timeout")
    #expect(await refusal { $0.idleTimeout = 31_536_001 } == "idle_timeout")
    #expect(await refusal { $0.renewOnUse = -1 } == "renew_on_use")
    #expect(await refusal { $0.renewUntil = .now().advanced(by: .seconds(9)) } == "renew_until")
    #expect(
      await refusal {
        $0.renewOnUse = 9; $0.renewUntil = Timestamp(seconds: 9)
      } == "renew_until")
    #expect(
      await refusal {
        $0.renewOnUse = 9; $0.expiresAt = nil
      } == "renew_on_use")
    await store.close()
  }

  @Test func `renewing has a bound, given or not, and no expiry lies beyond it`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open()
    let year = Store.longestLifetime
    let before = Timestamp.now().advanced(by: year)
    let (record, token) = try await make(store) { $0.renewOnUse = 60 }
    let bound = try #require(record.renewUntil)
    #expect(bound >= before && bound <= .now().advanced(by: year))
    let soon = Timestamp.now().advanced(by: .seconds(1800))
    let changed = try await store.updateToken(.id(record.id), change { $0.renewUntil = .set(soon) })
    #expect(changed.expiresAt == soon && token.expiresMilliseconds == soon.milliseconds)
    let fixed = try await store.updateToken(.id(record.id), change { $0.renewOnUse = .clear })
    #expect(fixed.renewOnUse == nil && fixed.renewUntil == nil && fixed.expiresAt == soon)
    await #expect(throws: StoreError.self) {
      try await store.updateToken(.id(record.id), change { $0.renewUntil = .set(soon) })
    }
    await store.close()
  }

  private func change(_ adjust: (inout TokenChange) -> Void) -> TokenChange {
    var change = TokenChange()
    adjust(&change)
    return change
  }

  @Test func `uses and renewals survive a restart, and a renewal is no line in the change log`() async throws
  {
    let folder = try TemporaryFolder()
    let store = try folder.open()
    let (record, token) = try await make(store) {
      $0.idleTimeout = 50
      $0.renewOnUse = 7200
      $0.renewUntil = .now().advanced(by: .seconds(9000))
    }
    let lines = try await store.read { try Int64.fetchOne($0, sql: "SELECT max(seq) FROM llmp_changes") }
    let now = Clocks.unixMilliseconds()
    #expect(token.take(nowMilliseconds: now, ready: nil) == .taken)
    #expect(try await store.token(.id(record.id)).expiresAt?.milliseconds == now + 7_200_000)
    await store.close()
    let after = try await folder.stranger().read {
      try Int64.fetchOne($0, sql: "SELECT max(seq) FROM llmp_changes")
    }
    #expect(lines == after)
    let again = try folder.open()
    let shown = try await again.token(.id(record.id))
    #expect(shown.expiresAt?.milliseconds == now + 7_200_000 && shown.lastUsedAt?.milliseconds == now)
    #expect(shown.idleExpiresAt?.milliseconds == now + 50_000)
    await again.close()
  }

  @Test func `an expiry that management brings forward holds until the next use`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open()
    let (record, token) = try await make(store) { $0.renewOnUse = 7200 }
    let now = Clocks.unixMilliseconds()
    #expect(token.take(nowMilliseconds: now, ready: nil) == .taken)
    try await store.flush()
    let sooner = Timestamp.now().advanced(by: .seconds(60))
    let changed = try await store.updateToken(.id(record.id), change { $0.expiresAt = .set(sooner) })
    #expect(changed.expiresAt == sooner && token.expiresMilliseconds == sooner.milliseconds)
    #expect(token.take(nowMilliseconds: now + 1, ready: nil) == .taken)
    #expect(token.expiresMilliseconds == now + 1 + 7_200_000)
    await store.close()
  }

  @Test func `a late write of an early use takes nothing back`() async throws {
    let folder = try TemporaryFolder()
    let (first, now) = (try folder.open(), Clocks.unixMilliseconds())
    let (record, token) = try await make(first) { $0.idleTimeout = 50 }
    let second = try folder.open()
    let other = try #require(second.directory.token(token.hash))
    #expect(other.take(nowMilliseconds: now + 5000, ready: nil) == .taken)
    try await second.flush()
    #expect(token.take(nowMilliseconds: now + 1000, ready: nil) == .taken)
    try await first.flush()
    #expect(try await second.token(.id(record.id)).lastUsedAt?.milliseconds == now + 5000)
    #expect(try await second.token(.id(record.id)).requestCount == 2)
    await first.close()
    await second.close()
  }

  @Test func `a token that another process uses is not refused, and an unused one is for good`() async throws
  {
    let folder = try TemporaryFolder()
    let first = try folder.open()
    var creation = TokenCreation(projectID: try await first.makeProject().id, expiresAt: nil)
    creation.idleTimeout = 3600
    let issued = try await first.createToken(creation)
    let second = try folder.open()
    let (here, there) = try (
      #require(first.accessToken(issued.secret)), #require(second.accessToken(issued.secret))
    )
    // As if made long ago: only a use by the other process keeps it.
    let now = Clocks.unixMilliseconds()
    let old = Timestamp(milliseconds: now - 7_200_000).databaseText
    try await first.writer.write { try $0.execute(sql: "UPDATE tokens SET created_at = ?", arguments: [old]) }
    #expect(there.take(nowMilliseconds: now, ready: nil) == .taken)
    try await second.flush()
    here.counter.withLock {
      $0.detail?.withering?.adopt(WitheringRow(idle: 3_600_000, lastUse: now - 7_200_000))
    }
    #expect(here.state() == .idleExpired && here.lookMoment(nowMilliseconds: now) != nil)
    guard case .found(let found) = await first.load(issued.secret) else {
      Issue.record("not found")
      return
    }
    #expect(found === here && here.state() == .active)
    // Nobody has used it since: after a look memory is enough.
    try await first.writer.write { try $0.execute(sql: "UPDATE tokens SET last_used_at = NULL") }
    here.counter.withLock { counter in
      counter.lastUsed = 0
      counter.detail?.withering?.adopt(WitheringRow(idle: 3_600_000, lastUse: now - 7_200_000))
    }
    guard case .found = await first.load(issued.secret) else {
      Issue.record("not found")
      return
    }
    #expect(
      here.state() == .idleExpired && here.lookMoment(nowMilliseconds: Clocks.unixMilliseconds()) == nil)
    await first.close()
    #expect(await first.holder(presenting: issued.secret, mayLoad: true).isKnown)
    await second.close()
  }

  @Test func `lists of active tokens leave out those that were not used for too long`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open()
    let (record, _) = try await make(store) { $0.idleTimeout = 60 }
    #expect(try await store.listTokens(TokenFilter(activeOnly: true)).tokens.map(\.id) == [record.id])
    try await store.writer.write {
      try $0.execute(sql: "UPDATE tokens SET created_at = '2020-01-01 00:00:00+00:00'")
    }
    #expect(try await store.listTokens(TokenFilter(activeOnly: true)).tokens.isEmpty)
    for (status, count) in [(TokenStatus.expired, 1), (.active, 0), (.usedUp, 0), (.revoked, 0)] {
      #expect(try await store.listTokens(TokenFilter(status: status)).tokens.count == count)
      #expect(try await store.countTokens(TokenFilter(status: status)) == count)
    }
    await store.close()
  }
}

extension Store.Holder {
  var isKnown: Bool { if case .known = self { true } else { false } }
}
