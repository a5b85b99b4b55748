import GRDB
import ProxyCore
import Synchronization
import Testing

@testable import ProxyStore

@Suite struct BudgetTests {
  private static let price = ModelPrice(inputMicros: 1_000_000, outputMicros: 1_000_000)

  private func open(_ folder: TemporaryFolder) throws -> Store {
    try folder.open {
      $0.prices = PriceBook(PriceTable(entries: [PriceTable.Entry("m", Self.price)], includesBuiltIn: false))
    }
  }

  private func makeToken(
    _ store: Store, token: BudgetLimits? = nil, project: BudgetLimits? = nil
  ) async throws -> AccessToken {
    var creation = ProjectCreation(name: "p", providerKey: Secret("sk-upstream-key-0123456789abcdef"))
    creation.budget = project
    let made = try await store.createProject(creation)
    var wanted = TokenCreation(projectID: made.id, expiresAt: nil)
    wanted.budget = token
    return try #require(store.accessToken(try await store.createToken(wanted).secret))
  }

  /// An exchange that reserves, costs and is recorded; false when it was refused.
  @discardableResult
  static func spend(_ cost: Int64, reserving micros: Int64, on token: AccessToken, _ store: Store) async
    -> Bool
  {
    guard case .reserved(let reservation) = await reserve(micros, token) else { return false }
    reservation.settle(cost: cost)
    var entry = RollupTests.entry(token, model: "m", at: Clocks.unixMilliseconds(), input: cost, output: 0)
    entry.charge = UsageCharge(micros: cost, day: reservation.day)
    entry.reservation = reservation
    store.usage.record(entry)
    return true
  }

  static func reserve(_ micros: Int64, _ token: AccessToken) async -> BudgetOutcome {
    while true {
      let outcome: BudgetOutcome = await withCheckedContinuation { continuation in
        let isTold = Mutex(false)
        let outcome = BudgetReservation.reserve(
          micros, in: token.budgets, nowMilliseconds: Clocks.unixMilliseconds()
        ) {
          if isTold.withLock({ told in
            defer { told = true }; return !told
          }) {
            continuation.resume(returning: .pending)
          }
        }
        if case .pending = outcome { return }
        continuation.resume(returning: outcome)
      }
      if case .pending = outcome { continue }
      return outcome
    }
  }

  private func spent(_ store: Store, _ token: AccessToken) async throws -> Int64 {
    try await store.read { db in
      let balance = try UsageBalance.fetch(.token, token.id, db)
      let sum = try Int64.fetchOne(
        db, sql: "SELECT coalesce(sum(charged_micros), 0) FROM usage_entries WHERE token_id = ?",
        arguments: [token.id])
      #expect(balance.totalMicros == sum)
      let rolled = try Int64.fetchOne(
        db, sql: "SELECT coalesce(sum(charged_micros), 0) FROM usage_days WHERE token_id = ?",
        arguments: [token.id])
      #expect(balance.totalMicros == rolled)
      return balance.totalMicros
    }
  }

  @Test func `a budget is spent to the last micro-unit and not beyond`() async throws {
    let folder = try TemporaryFolder()
    let store = try open(folder)
    let token = try await makeToken(store, token: BudgetLimits(total: 1000))
    for _ in 0..<10 { #expect(await Self.spend(100, reserving: 100, on: token, store)) }
    #expect(await !Self.spend(1, reserving: 1, on: token, store))
    guard case .exceeded(let refusal) = await Self.reserve(1, token) else {
      Issue.record("no refusal")
      return
    }
    #expect(refusal == BudgetRefusal(scope: .token, period: .total, isOnlyReserved: false))
    #expect(refusal.retryAfterSeconds(nowMilliseconds: 0) == nil)
    try await store.flush()
    #expect(try await spent(store, token) == 1000)
    await store.close()
  }

  @Test func `what is not used of a reservation is free again at once`() async throws {
    let folder = try TemporaryFolder()
    let store = try open(folder)
    let token = try await makeToken(store, token: BudgetLimits(day: 1000))
    guard case .reserved(let held) = await Self.reserve(900, token) else {
      Issue.record("no reservation")
      return
    }
    guard case .exceeded(let refusal) = await Self.reserve(200, token) else {
      Issue.record("no refusal")
      return
    }
    #expect(refusal.isOnlyReserved && refusal.retryAfterSeconds(nowMilliseconds: 0) == 1)
    held.settle(cost: 0)
    #expect(await Self.spend(1000, reserving: 1000, on: token, store))
    await store.close()
  }

  @Test func `a cost above its estimate is charged whole and counts against what comes next`() async throws {
    let folder = try TemporaryFolder()
    let store = try open(folder)
    let token = try await makeToken(store, token: BudgetLimits(total: 1000))
    #expect(await Self.spend(1500, reserving: 10, on: token, store))
    #expect(await !Self.spend(1, reserving: 1, on: token, store))
    #expect(await store.close())
    let again = try open(folder)
    #expect(try await spent(again, token) == 1500)
    let holds = try await again.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM usage_holds") }
    #expect(holds == 0)
    await again.close()
  }

  @Test func `project and token must both agree, and a refusal of one leaves nothing reserved`() async throws
  {
    let folder = try TemporaryFolder()
    let store = try open(folder)
    let token = try await makeToken(
      store, token: BudgetLimits(total: 10_000), project: BudgetLimits(month: 500))
    #expect(await !Self.spend(600, reserving: 600, on: token, store))
    #expect(token.budgets.map(\.figures.reserved) == [0, 0])
    #expect(await Self.spend(400, reserving: 500, on: token, store))
    #expect(await !Self.spend(101, reserving: 101, on: token, store))
    #expect(await Self.spend(100, reserving: 100, on: token, store))
    try await store.flush()
    let project = try await store.project(id: token.project.id)
    #expect(project.spent == BudgetSpent(day: 500, month: 500, total: 500))
    let record = try await store.token(.id(token.id))
    #expect(record.spent.total == 500 && record.budget == BudgetLimits(total: 10_000))
    await store.close()
  }

  @Test func `a new limit is in force for the next exchange`() async throws {
    let folder = try TemporaryFolder()
    let store = try open(folder)
    let token = try await makeToken(store, token: BudgetLimits(total: 1_000_000))
    #expect(await Self.spend(10, reserving: 10, on: token, store))
    var change = TokenChange()
    change.budget = .set(BudgetLimits(total: 15))
    _ = try await store.updateToken(.id(token.id), change)
    #expect(await !Self.spend(6, reserving: 6, on: token, store))
    #expect(await Self.spend(5, reserving: 5, on: token, store))
    change.budget = .clear
    _ = try await store.updateToken(.id(token.id), change)
    #expect(token.budgets.isEmpty)
    change.budget = .set(BudgetLimits(total: 20))
    _ = try await store.updateToken(.id(token.id), change)
    #expect(await Self.spend(5, reserving: 5, on: token, store))
    #expect(await !Self.spend(1, reserving: 1, on: token, store))
    await store.close()
  }

  @Test func `what was spent before there was a budget counts`() async throws {
    let folder = try TemporaryFolder()
    let store = try open(folder)
    let token = try await makeToken(store)
    store.usage.record(
      RollupTests.entry(token, model: "m", at: Clocks.unixMilliseconds(), input: 70, output: 0))
    try await store.flush()
    var change = TokenChange()
    change.budget = .set(BudgetLimits(day: 100))
    _ = try await store.updateToken(.id(token.id), change)
    #expect(await !Self.spend(31, reserving: 31, on: token, store))
    #expect(await Self.spend(30, reserving: 30, on: token, store))
    await store.close()
  }

  @Test func `charges of mixed rows go to whom they belong`() async throws {
    let folder = try TemporaryFolder()
    let store = try open(folder)
    let project = try await store.makeProject()
    var tokens: [AccessToken] = []
    for _ in 0..<3 {
      tokens.append(try #require(store.accessToken(try await store.makeToken(project.id).secret)))
    }
    let now = Clocks.unixMilliseconds()
    for index in 0..<500 {
      let token = tokens[index / 3 % 3]
      // Some cost nothing, some are of yesterday, some of a model without a price.
      store.usage.record(
        RollupTests.entry(
          token, model: index % 11 == 0 ? "free" : "m", at: index % 13 == 0 ? now - 86_400_000 : now,
          input: index % 4 == 0 ? 0 : Int64(index), output: 0))
    }
    try await store.flush()
    for token in tokens { #expect(try await spent(store, token) > 0) }
    await store.close()
  }

  @Test func `two processes on one file share a budget exactly`() async throws {
    let folder = try TemporaryFolder()
    let first = try open(folder)
    let token = try await makeToken(
      first, token: BudgetLimits(total: 20_000), project: BudgetLimits(day: 30_000))
    let second = try open(folder)
    let twin = try #require(second.directory.token(token.hash))
    let passed = await withTaskGroup(of: Int.self) { group in
      for index in 0..<64 {
        let (store, token) = index % 2 == 0 ? (first, token) : (second, twin)
        group.addTask {
          var passed = 0
          // A refusal may only mean that the other process holds the rest for the moment.
          for _ in 0..<40 where await Self.spend(17, reserving: 17 + Int64(index % 5), on: token, store) {
            passed += 1
          }
          return passed
        }
      }
      return await group.reduce(0, +)
    }
    #expect(passed * 17 <= 20_000)
    #expect(await second.close())
    #expect(await first.close())
    let again = try open(folder)
    #expect(try await spent(again, token) == Int64(passed * 17))
    let same = try #require(again.directory.token(token.hash))
    while await Self.spend(1, reserving: 1, on: same, again) {}
    try await again.flush()
    #expect(try await spent(again, token) == 20_000)
    await again.close()
  }

  @Test func `a cost above its estimate makes no room for another process`() async throws {
    let folder = try TemporaryFolder()
    let first = try open(folder)
    let token = try await makeToken(first, token: BudgetLimits(total: 1000))
    let second = try open(folder)
    let twin = try #require(second.directory.token(token.hash))
    // While the first one's dear exchange is charged, others of its are under way.
    guard case .reserved(let other) = await Self.reserve(50, token) else {
      Issue.record("no reservation")
      return
    }
    #expect(await Self.spend(1509, reserving: 100, on: token, first))
    try await first.flush()
    #expect(await !Self.spend(1, reserving: 1, on: twin, second))
    #expect(await !Self.spend(1, reserving: 1, on: token, first))
    other.settle(cost: 0)
    #expect(await second.close())
    #expect(await first.close())
    let holds = try await folder.stranger().read {
      try Int.fetchOne($0, sql: "SELECT count(*) FROM usage_holds")
    }
    #expect(holds == 0)
  }

  @Test func `no cost that a provider makes up breaks a sum`() async throws {
    let folder = try TemporaryFolder()
    let store = try open(folder)
    let token = try await makeToken(store, token: BudgetLimits(total: 1_000_000))
    guard case .reserved(let reservation) = await Self.reserve(10, token) else {
      Issue.record("no reservation")
      return
    }
    // Without a budget of its own too: more than the largest number in all.
    for index in 0..<20_000 {
      let charge = UsageCharge(micros: .max, day: reservation.day)
      var entry = RollupTests.entry(
        token, model: "m", at: Clocks.unixMilliseconds(), input: 1_000_000_000_000, output: 0)
      entry.charge = charge
      if index == 0 {
        reservation.settle(cost: charge.micros)
        entry.reservation = reservation
      }
      store.usage.record(entry)
    }
    #expect(await !Self.spend(1, reserving: 1, on: token, store))
    #expect(await store.close())
    let again = try open(folder)
    let (total, type) = try await again.read { db in
      let row = try Row.fetchOne(
        db, sql: "SELECT total_micros AS t, typeof(total_micros) AS k FROM usage_balances")
      return (row?["t"] as Int64? ?? 0, row?["k"] as String? ?? "")
    }
    #expect(total > 1_000_000_000_000_000_000 && type == "integer")
    await again.close()
  }

  @Test func `what killed processes held is removed at the start`() async throws {
    let folder = try TemporaryFolder()
    await (try open(folder)).close()
    let living = try #require(Holder(database: folder.database))
    try await folder.stranger().write { db in
      for holder in [123, living.number] {
        try db.execute(sql: "INSERT INTO usage_holds VALUES (2, 'anybody', ?, 1000)", arguments: [holder])
      }
    }
    let store = try open(folder)
    try await store.flush()
    let left = try await store.read { try Int64.fetchAll($0, sql: "SELECT holder FROM usage_holds") }
    #expect(left == [living.number])
    withExtendedLifetime(living) {}
    await store.close()
  }

  @Test func `what a process held that is gone is free for the others`() async throws {
    let folder = try TemporaryFolder()
    let store = try open(folder)
    let token = try await makeToken(store, token: BudgetLimits(total: 1000))
    try await folder.stranger().write { db in
      try db.execute(
        sql: "INSERT INTO usage_holds VALUES (2, ?, 123456789, 1000)", arguments: [token.id])
    }
    #expect(await Self.spend(1000, reserving: 1000, on: token, store))
    await store.close()
  }

  @Test func `what a living process holds is not`() async throws {
    let folder = try TemporaryFolder()
    let store = try open(folder)
    let token = try await makeToken(store, token: BudgetLimits(total: 1000))
    let other = try #require(Holder(database: folder.database))
    try await folder.stranger().write { db in
      try db.execute(
        sql: "INSERT INTO usage_holds VALUES (2, ?, ?, 600)", arguments: [token.id, other.number])
    }
    #expect(await !Self.spend(500, reserving: 500, on: token, store))
    #expect(await Self.spend(400, reserving: 400, on: token, store))
    withExtendedLifetime(other) {}
    await store.close()
  }

  @Test func `days and months end at midnight UTC`() {
    let newYearsEve: Int64 = 1_767_225_599_000  // 2025-12-31T23:59:59Z
    #expect(BudgetClock.secondsLeft(of: .day, at: newYearsEve) == 1)
    #expect(BudgetClock.secondsLeft(of: .month, at: newYearsEve) == 1)
    #expect(BudgetClock.secondsLeft(of: .month, at: newYearsEve + 1000) == 2_678_400)
    #expect(BudgetClock.secondsLeft(of: .total, at: newYearsEve) == nil)
    let today = BudgetClock.day(of: newYearsEve)
    var balance = UsageBalance(column: nil)
    (balance.day, balance.dayMicros) = (today, 5)
    (balance.month, balance.monthMicros, balance.totalMicros) = (BudgetClock.month(of: today), 7, 9)
    #expect(balance.spent(on: today) == BudgetSpent(day: 5, month: 7, total: 9))
    #expect(balance.spent(on: today + 1) == BudgetSpent(day: 0, month: 0, total: 9))
  }

  @Test func `a late charge of yesterday leaves today alone`() async throws {
    let folder = try TemporaryFolder()
    let store = try open(folder)
    try await store.pool.write { db in
      try UsageBalance.add(10, day: 20_100, to: .token, "t", db)
      try UsageBalance.add(3, day: 20_099, to: .token, "t", db)
      try UsageBalance.add(4, day: 20_101, to: .token, "t", db)
    }
    let balance = try await store.read { try UsageBalance.fetch(.token, "t", $0) }
    #expect(balance.day == 20_101 && balance.dayMicros == 4 && balance.monthMicros == 17)
    #expect(balance.totalMicros == 17)
    await store.close()
  }

  @Test func `while the file cannot be written what is held goes on and then the answer is unavailable`()
    async throws
  {
    let folder = try TemporaryFolder()
    let store = try folder.open { $0.operationTimeout = .milliseconds(200) }
    let token = try await makeToken(store, token: BudgetLimits(total: 32_000))
    #expect(await Self.spend(1, reserving: 1, on: token, store))
    let shell = try folder.stranger()
    try await shell.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
    #expect(await Self.spend(1, reserving: 1, on: token, store))
    guard case .unavailable = await Self.reserve(30_000, token) else {
      Issue.record("no answer")
      return
    }
    try await shell.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
    // What came while a batch was tried again is in the batch after it; closing writes all.
    #expect(await store.close())
    let again = try open(folder)
    #expect(try await spent(again, token) == 2)
    await again.close()
  }

  @Test func `a column that cannot be read allows nothing`() {
    #expect(
      BudgetLimits(column: nil) == nil && BudgetLimits(column: "") == nil && BudgetLimits(column: "{}") == nil
    )
    #expect(BudgetLimits(column: "{") == BudgetLimits(total: 0))
    let limits = BudgetLimits(day: 1, total: 9_000_000_000_000_000_000)
    #expect(BudgetLimits(column: limits.column) == limits)
  }
}
