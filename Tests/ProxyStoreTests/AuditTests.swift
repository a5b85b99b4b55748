import GRDB
import ProxyCore
import Testing

@testable import ProxyStore

@Suite struct AuditTests {
  private func filled(_ store: Store) async throws -> [AuditRecord] {
    var records: [AuditRecord] = []
    for index in 0..<25 {
      var record = AuditRecord(
        action: index % 2 == 0 ? "token.create" : "project.list", actor: "management_api",
        outcome: index == 3 ? .denied : .success)
      record.timestamp = Timestamp(seconds: 1_700_000_000 + Int64(index))
      record.clientIP = "10.0.0.\(index)"
      record.projectID = index < 5 ? "p1" : nil
      record.metadata = "{\"note\":\"100% of \(index)\"}"
      records.append(try await store.appendAudit(record))
    }
    return records
  }

  @Test func `a change and its event are stored together or not at all`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open()
    let creation = ProjectCreation(name: "p", providerKey: Secret("sk-provider-key"))
    let event = { @Sendable (project: ProjectRecord) in
      AuditRecord(action: "made \(project.name)", actor: "x", outcome: .success)
    }
    let stranger = try folder.stranger()
    try await stranger.write { db in
      try db.execute(
        sql: """
          CREATE TRIGGER refuse BEFORE INSERT ON audit_events BEGIN SELECT RAISE(ABORT, 'refused'); END
          """)
    }
    await #expect(throws: StoreError.self) { try await store.createProject(creation, event: event) }
    #expect(try await store.listProjects().isEmpty)
    try await stranger.write { db in try db.execute(sql: "DROP TRIGGER refuse") }
    _ = try await store.createProject(creation, event: event)
    let events = try await store.listAudit().events
    #expect(events.map(\.action) == ["made p"])
    #expect(try await store.verifyAudit().problem == nil)
    await store.close()
  }

  @Test func `rows of several writers form one chain that verifies`() async throws {
    let folder = try TemporaryFolder()
    // Two writers at once take turns by chance: none is to give up here.
    let (here, there) = (
      try folder.open { $0.operationTimeout = .seconds(120) },
      try folder.open { $0.operationTimeout = .seconds(120) }
    )
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 0..<60 {
        group.addTask {
          let record = AuditRecord(action: "a\(index)", actor: "x", outcome: .success)
          switch index % 3 {
          case 0: here.recordAudit(record)
          case 1: try await here.appendAudit(record)
          default: try await there.appendAudit(record)
          }
        }
      }
      try await group.waitForAll()
    }
    try await here.flush()
    let result = try await there.verifyAudit()
    #expect(result.problem == nil)
    #expect(result.verified == 60)
    await here.close()
    await there.close()
  }

  @Test(arguments: [
    ("UPDATE audit_events SET reason = 'other' WHERE chain_index = 7", "event 7"),
    ("DELETE FROM audit_events WHERE chain_index = 9", "event 9 is missing"),
    ("DELETE FROM audit_events WHERE chain_index > 20", "newest events are missing"),
    ("UPDATE audit_events SET client_ip = NULL, method = '10.0.0.4' WHERE chain_index = 5", "event 5"),
  ])
  func `tampering is found`(sql: String, finding: String) async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open()
    _ = try await filled(store)
    #expect(try await store.verifyAudit().problem == nil)
    try await folder.stranger().write { try $0.execute(sql: sql) }
    let problem = try await store.verifyAudit().problem
    #expect(problem?.contains(finding) == true, "\(problem ?? "nothing")")
    await store.close()
  }

  @Test func `a head that was set back keeps nothing from being written, and shows`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open()
    _ = try await filled(store)
    try await folder.stranger().write {
      try $0.execute(sql: "UPDATE llmp_audit_chain SET last_index = 3, last_hash = 'x'")
    }
    store.recordAudit(AuditRecord(action: "later", actor: "x", outcome: .denied))
    _ = try await store.createProject(
      ProjectCreation(name: "p", providerKey: Secret("sk-provider-key")))
    #expect(store.health.isWritable)
    #expect(try await store.verifyAudit().problem == nil)
    let actions = try await store.listAudit(pageSize: 2).events.map(\.action)
    #expect(Set(actions) == ["later", "audit.resume"])
    await store.close()
  }

  @Test func `filters, search and pages pick what they say`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open()
    let records = try await filled(store)
    let first = try await store.listAudit(pageSize: 10)
    #expect(first.totalCount == 25 && first.events.map(\.id) == records.reversed().prefix(10).map(\.id))
    #expect(try await store.listAudit(page: 3, pageSize: 10).events.count == 5)
    #expect(try await store.listAudit(page: 4, pageSize: 10).events.isEmpty)
    #expect(try await store.listAudit(pageSize: 5000).pageSize == 100)
    await #expect(throws: StoreError.self) { try await store.listAudit(pageSize: 0) }
    var filter = AuditFilter()
    filter.outcome = "denied"
    #expect(try await store.listAudit(filter).events.map(\.id) == [records[3].id])
    filter = AuditFilter()
    filter.projectID = "p1"
    filter.action = "token.create"
    #expect(try await store.listAudit(filter).totalCount == 3)
    filter = AuditFilter()
    filter.search = "100% OF 1"
    #expect(try await store.listAudit(filter).totalCount == 11)
    filter.search = "100_ of"
    #expect(try await store.listAudit(filter).totalCount == 0)
    filter = AuditFilter()
    filter.start = records[4].timestamp
    filter.end = records[6].timestamp
    #expect(try await store.listAudit(filter).events.map(\.id) == [6, 5, 4].map { records[$0].id })
    #expect(try await store.auditEvent(id: records[0].id) == records[0])
    await #expect(throws: StoreError.notFound) { try await store.auditEvent(id: "none") }
    await store.close()
  }
}
