import GRDB
import ProxyCore
import Testing

@testable import ProxyStore

/// Tokens made by tokens.
@Suite struct ChildTokenTests {
  private func child(
    _ store: Store, of parent: TokenRecord, _ change: (inout TokenCreation) -> Void = { _ in }
  ) async throws -> IssuedToken {
    var creation = TokenCreation(projectID: "", expiresAt: nil)
    creation.parentID = parent.id
    change(&creation)
    return try await store.createToken(creation)
  }

  private func parent(
    _ store: Store, limit: Int64? = nil, _ change: (inout TokenCreation) -> Void = { _ in }
  ) async throws -> IssuedToken {
    let project = try await store.makeProject("p\(Clocks.monotonicNanoseconds())").id
    var creation = TokenCreation(
      projectID: project, expiresAt: .now().advanced(by: .seconds(3600)), maxRequests: limit)
    change(&creation)
    return try await store.createToken(creation)
  }

  @Test func `what is left out is as wide as the parent, and nothing may be wider`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open()
    let bound = Timestamp.now().advanced(by: .seconds(7200))
    let holder = try await parent(store, limit: 100) {
      $0.idleTimeout = 600
      $0.renewOnUse = 60
      $0.renewUntil = bound
    }.record
    let same = try await child(store, of: holder).record
    #expect(same.projectID == holder.projectID && same.parentID == holder.id)
    #expect(same.expiresAt == holder.expiresAt && same.maxRequests == 100 && same.idleTimeout == 600)
    #expect(same.renewOnUse == nil && same.renewUntil == nil)
    let renewing = try await child(store, of: holder) { $0.renewOnUse = 30 }.record
    #expect(renewing.renewUntil == bound)
    let wishes: [(String, (inout TokenCreation) -> Void)] = [
      ("expires_at", { $0.expiresAt = holder.expiresAt?.advanced(by: .seconds(1)) }),
      ("max_requests", { $0.maxRequests = 101 }), ("max_requests", { $0.maxRequests = 0 }),
      ("idle_timeout", { $0.idleTimeout = 601 }), ("renew_on_use", { $0.renewOnUse = 61 }),
      (
        "renew_until",
        {
          $0.renewOnUse = 60
          $0.renewUntil = bound.advanced(by: .seconds(1))
        }
      ),
    ]
    for (field, wish) in wishes {
      await #expect(throws: StoreError.widerThanParent(field: field)) {
        try await child(store, of: holder, wish)
      }
    }
    #expect(try await store.childrenCount(of: holder.id) == 2)
    #expect(try await store.listTokens(TokenFilter(parentID: holder.id)).tokens.count == 2)
    await store.close()
  }

  @Test func `a parent that withers takes its descendants with it at once`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open()
    let holder = try await parent(store).record
    let issued = try await child(store, of: holder)
    let below = try #require(store.accessToken(try await child(store, of: issued.record).secret))
    #expect(below.state() == .active && below.lineage.count == 3 && below.parent?.id == issued.record.id)
    _ = try await store.updateToken(.id(holder.id), TokenChange(isActive: false))
    #expect(below.state() == .parentInactive)
    _ = try await store.updateToken(.id(holder.id), TokenChange(isActive: true))
    #expect(below.state() == .active)
    _ = try await store.updateToken(
      .id(holder.id), TokenChange(expiresAt: .set(Timestamp.now().advanced(by: .seconds(-1)))))
    #expect(below.state() == .parentInactive)
    _ = try await store.updateToken(.id(holder.id), TokenChange(expiresAt: .clear))
    #expect(below.state() == .active)
    let revocation = try await store.revokeToken(.id(holder.id))
    #expect(revocation.wasActive && revocation.descendants == 2)
    #expect(below.state() == .revoked)
    #expect(try await store.revokeToken(.id(holder.id)).descendants == 0)
    await #expect(throws: StoreError.notFound) { try await child(store, of: holder) }
    await store.close()
  }

  @Test func `a request is under the policies of all generations, outermost first`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open()
    let models = try ["gpt-*", "gpt-4*"].map { try PolicyRules(["models": [.string($0)]]) }
    let holder = try await parent(store) { $0.policy = models[0] }
    let middle = try await child(store, of: holder.record)
    let leaf = try await child(store, of: middle.record) { $0.policy = models[1] }
    let token = try #require(store.accessToken(leaf.secret))
    var chain = PolicyChain()
    token.collectPolicies(into: &chain)
    #expect(chain.links.map { $0.policy.rules } == models)
    let owners = chain.links.map { if case .token(let token) = $0.owner { token.id } else { "" } }
    #expect(owners == [holder.record.id, leaf.record.id])
    await #expect(throws: StoreError.widerThanParent(field: "policy.models")) {
      try await child(store, of: leaf.record) { $0.policy = models[0] }
    }
    await store.close()
  }

  @Test func `no budget is larger than that of any generation above`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open()
    let holder = try await parent(store) { $0.budget = BudgetLimits(day: 50, total: 100) }
    let middle = try await child(store, of: holder.record)
    for (limits, field) in [(BudgetLimits(day: 51), "day"), (BudgetLimits(total: 101), "total")] {
      await #expect(throws: StoreError.widerThanParent(field: "budget.\(field)_micros")) {
        try await child(store, of: middle.record) { $0.budget = limits }
      }
    }
    let leaf = try await child(store, of: middle.record) { $0.budget = BudgetLimits(day: 50, month: 70) }
    #expect(leaf.record.budget == BudgetLimits(day: 50, month: 70))
    #expect(store.accessToken(leaf.secret)?.budgets.count == 2)
    await store.close()
  }

  @Test func `links are there after a restart and in other processes`() async throws {
    let folder = try TemporaryFolder()
    let first = try folder.open()
    let second = try folder.open()
    let holder = try await parent(first, limit: 5)
    let issued = try await child(first, of: holder.record)
    #expect(await second.catchUp())
    let there = try #require(second.accessToken(issued.secret))
    #expect(there.parent === second.accessToken(holder.secret) && there.state() == .active)
    _ = try await first.updateToken(.id(holder.record.id), TokenChange(isActive: false))
    #expect(await second.catchUp())
    #expect(there.state() == .parentInactive)
    await first.close()
    await second.close()
    let third = try folder.open()
    let again = try #require(third.accessToken(issued.secret))
    #expect(again.parent === third.accessToken(holder.secret) && again.state() == .parentInactive)
    await third.close()
  }

  @Test(arguments: [1, 2, 33, 1000] as [Int64])
  func `children of two processes take exactly the limit of their parent`(limit: Int64) async throws {
    let folder = try TemporaryFolder()
    let first = try folder.open()
    let holder = try await parent(first, limit: limit)
    var secrets: [Secret] = []
    for _ in 0..<3 { secrets.append(try await child(first, of: holder.record).secret) }
    let middle = try await child(first, of: holder.record)
    secrets.append(try await child(first, of: middle.record).secret)
    let second = try folder.open()
    var tokens = [first, second].flatMap { store in secrets.compactMap { store.accessToken($0) } }
    tokens.append(try #require(first.accessToken(holder.secret)))
    #expect(tokens.count == 9)
    #expect(await AccessToken.drain(tokens, width: 64) == limit)
    #expect(try #require(first.accessToken(secrets[0])).state() == .usedUp)
    await first.close()
    await second.close()
    let counts = try await folder.stranger().read { db in
      try Int64.fetchAll(
        db,
        sql: "SELECT request_count FROM tokens WHERE parent_id IS NULL OR parent_id = ? ORDER BY parent_id",
        arguments: [holder.record.id])
    }
    #expect(counts.count == 5 && counts[0] == limit && counts.dropFirst().reduce(0, +) <= limit)
  }

  @Test func `a request that an ancestor has no room for is counted nowhere`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open()
    let holder = try await parent(store, limit: 3)
    let issued = try await child(store, of: holder.record)
    let free = try await child(store, of: issued.record)
    let tokens = try [holder, issued, free].map { try #require(store.accessToken($0.secret)) }
    for _ in 0..<3 { #expect(await tokens[0].takeWaiting() == .taken) }
    #expect(await tokens[2].takeWaiting() == .usedUp)
    for (issued, used) in zip([holder, issued, free], [3, 0, 0] as [Int64]) {
      #expect(try await store.token(.id(issued.record.id)).requestCount == used)
    }
    await store.close()
  }

  @Test func `generations and descendants are bounded, and withered ones make room`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open()
    let root = try await parent(store).record
    var last = root
    for _ in 0..<ChildLimits.depth { last = try await child(store, of: last).record }
    let deepest = last
    await #expect(throws: StoreError.tooDeep) { try await child(store, of: deepest) }
    let missing = ChildLimits.descendants - ChildLimits.depth
    try await store.writer.write { db in
      for index in 0..<missing {
        try db.execute(
          sql: """
            INSERT INTO tokens (id, token, project_id, is_active, parent_id)
            VALUES (?, ?, ?, 1, ?)
            """,
          arguments: [
            "c\(index)", GoFile.hash("sk-" + String(repeating: "c", count: 22)) + "\(index)",
            root.projectID, root.id,
          ])
      }
    }
    await #expect(throws: StoreError.tooManyChildren) { try await child(store, of: root) }
    try await store.writer.write { db in
      try db.execute(
        sql:
          "UPDATE tokens SET is_active = 0, deactivated_at = '2020-01-01 00:00:00+00:00' WHERE id LIKE 'c1_'")
    }
    _ = try await child(store, of: root)
    #expect(try await store.childrenCount(of: root.id) == missing - 10 + 2)
    await store.close()
  }

  @Test func `a child whose parent is gone, or that is its own ancestor, is withered`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open()
    let holder = try await parent(store)
    let issued = try await child(store, of: holder.record)
    let token = try #require(store.accessToken(issued.secret))
    let ring = try await child(store, of: issued.record)
    try await store.writer.write { db in
      try db.execute(
        sql: "UPDATE tokens SET parent_id = ? WHERE id = ?", arguments: [ring.record.id, issued.record.id])
    }
    #expect(token.state() == .parentInactive && token.lineage.count == ChildLimits.depth + 1)
    #expect(await token.takeWaiting() == .usedUp)
    try await store.writer.write { db in
      try db.execute(
        sql: "UPDATE tokens SET parent_id = ? WHERE id = ?", arguments: [holder.record.id, issued.record.id])
    }
    #expect(token.state() == .active)
    try await store.writer.write { db in
      try db.execute(sql: "DELETE FROM tokens WHERE id = ?", arguments: [holder.record.id])
    }
    #expect(token.state() == .parentInactive)
    await store.close()
    let again = try folder.open()
    #expect(again.accessToken(issued.secret)?.state() == .parentInactive)
    await again.close()
  }
}
