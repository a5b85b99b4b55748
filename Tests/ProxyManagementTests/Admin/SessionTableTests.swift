import Testing

@testable import ProxyManagement

@Suite struct SessionTableTests {
  private func table() -> SessionTable { SessionTable(idleSeconds: 100, lifetimeSeconds: 1000) }

  private func open(_ table: inout SessionTable, _ id: String, at second: Int64) {
    _ = table.open(SessionKey(id: id), user: "alice", role: .admin, csrfToken: "csrf", at: second)
  }

  @Test func aSessionEndsWhenNobodyUsesIt() {
    var table = table()
    open(&table, "a", at: 0)
    #expect(table.find(SessionKey(id: "a"), at: 99, isUse: true) != nil)
    #expect(table.find(SessionKey(id: "a"), at: 198, isUse: false) != nil)
    #expect(table.find(SessionKey(id: "a"), at: 199, isUse: true) == nil)
    #expect(table.count == 0)
  }

  @Test func aLookInTheBackgroundDoesNotKeepItAlive() {
    var table = table()
    open(&table, "a", at: 0)
    for second in stride(from: Int64(10), to: 100, by: 10) {
      #expect(table.find(SessionKey(id: "a"), at: second, isUse: false) != nil)
    }
    #expect(table.find(SessionKey(id: "a"), at: 100, isUse: false) == nil)
  }

  @Test func itsLifetimeEndsHoweverMuchItIsUsed() {
    var table = table()
    open(&table, "a", at: 0)
    for second in stride(from: Int64(50), to: 1000, by: 50) {
      #expect(table.find(SessionKey(id: "a"), at: second, isUse: true) != nil)
    }
    #expect(table.find(SessionKey(id: "a"), at: 1000, isUse: true) == nil)
  }

  @Test func closingEndsItAtOnce() {
    var table = table()
    open(&table, "a", at: 0)
    let first = table.close(SessionKey(id: "a"))
    let second = table.close(SessionKey(id: "a"))
    #expect(first && !second)
    #expect(table.find(SessionKey(id: "a"), at: 1, isUse: true) == nil)
  }

  @Test func theirNumberIsBoundedAndTheOneLeastUsedGivesWay() {
    var table = table()
    for index in 0..<SessionTable.limit { open(&table, "\(index)", at: Int64(index / 10)) }
    _ = table.find(SessionKey(id: "0"), at: 30, isUse: true)
    open(&table, "new", at: 31)
    #expect(table.count == SessionTable.limit)
    #expect(table.find(SessionKey(id: "0"), at: 31, isUse: false) != nil)
    #expect(table.find(SessionKey(id: "new"), at: 31, isUse: false) != nil)
  }

  @Test func idsAreLongAndNeverTheSame() {
    let ids = Set((0..<100).map { _ in RandomText.make() })
    #expect(ids.count == 100)
    #expect(ids.allSatisfy { $0.utf8.count == 64 })
  }
}
