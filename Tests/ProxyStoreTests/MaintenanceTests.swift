import Foundation
import GRDB
import ProxyCore
import Testing

@testable import ProxyStore

@Suite struct MaintenanceTests {
  private static func key(_ letter: Character) throws -> SealingKey {
    try SealingKey(base64: Data(String(repeating: letter, count: 32).utf8).base64EncodedString())
  }

  private func filled(_ folder: TemporaryFolder, _ key: SealingKey? = nil) async throws {
    let store = try folder.open { $0.sealingKey = key }
    let project = try await store.makeProject()
    _ = try await store.makeProject("q")
    _ = try await store.makeToken(project.id, limit: 10)
    try await store.appendAudit(
      AuditRecord(action: "token.create", actor: "management_api", outcome: .success))
    await store.close()
  }

  @Test
  func `every reversible step can be taken back and applied again without loss of the Go program's data`()
    async throws
  {
    let folder = try TemporaryFolder()
    try GoFile.make(at: folder.database, tokens: GoFile.secrets, apiKey: "sk-upstream")
    await (try folder.open()).close()
    let file = try StoreFile(path: folder.database)
    let sql =
      "SELECT id, project_id, expires_at, request_count, max_requests, created_at FROM tokens ORDER BY id"
    let before = try await folder.stranger().read { try Row.fetchAll($0, sql: sql).map(\.description) }
    var undone: [Int] = []
    while let step = try file.migrations().steps.last(where: \.isApplied), step.isReversible {
      undone.append(try file.migrateDown(backup: "\(folder.path)/\(step.number).db").number)
    }
    #expect(undone == Migrator.steps.map(\.number).filter { $0 > 1 }.sorted(by: >))
    #expect(throws: StoreError.self) { try file.migrateDown(backup: folder.path + "/1.db") }
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/1.db"))
    let names = try await folder.stranger().read {
      try String.fetchAll(
        $0, sql: "SELECT name FROM sqlite_master WHERE name LIKE 'llmp%' OR name LIKE 'usage%'")
    }
    #expect(names == ["llmp_migrations"])
    #expect(try file.migrateUp().map(\.number).sorted() == undone.sorted())
    #expect(try await folder.stranger().read { try Row.fetchAll($0, sql: sql).map(\.description) } == before)
    let store = try folder.open()
    #expect(store.accessToken(Secret(GoFile.secrets[0]))?.state() == .active)
    await store.close()
  }

  @Test func `a backup is one private file that is the database, and a restore keeps what was there`()
    async throws
  {
    let folder = try TemporaryFolder()
    try await filled(folder)
    let copy = folder.path + "/copy.db"
    let file = try StoreFile(path: folder.database)
    let report = try file.backup(to: copy)
    #expect(report.projects == 2 && report.tokens == 1 && report.auditHead != nil)
    let mode = try FileManager.default.attributesOfItem(atPath: copy)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    #expect(throws: StoreError.self) { try file.backup(to: copy) }
    #expect(try file.backup(to: copy, replaces: true).projects == 2)
    let store = try folder.open()
    _ = try await store.makeProject("after")
    await store.close()
    let restored = try StoreFile(path: copy).restore(to: folder.database, keepingAs: ".old")
    #expect(restored.restored.projects == 2 && restored.keptAs == folder.database + ".old")
    #expect(try StoreFile(path: folder.database + ".old").check().projects == 3)
    let again = try folder.open()
    #expect(try await again.listProjects().map(\.name) == ["p", "q"])
    await again.close()
    // Nothing half-made is left behind.
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(!names.contains { $0.hasSuffix(".partial") || $0.hasSuffix(".restoring") })
  }

  @Test func `a damaged file is found, not backed up and not restored`() async throws {
    let folder = try TemporaryFolder()
    try await filled(folder)
    let copy = folder.path + "/copy.db"
    _ = try StoreFile(path: folder.database).backup(to: copy)
    #expect(try StoreFile(path: copy).check().isSound)
    var bytes = try Data(contentsOf: URL(fileURLWithPath: copy))
    for page in stride(from: 8192, to: bytes.count, by: 4096) { bytes[page] = 0xee }
    try bytes.write(to: URL(fileURLWithPath: copy))
    #expect(throws: StoreError.self) {
      try StoreFile(path: copy).restore(to: folder.database, keepingAs: ".old")
    }
    #expect(throws: StoreError.self) { try StoreFile(path: copy).backup(to: folder.path + "/second.db") }
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/second.db"))
    #expect(try StoreFile(path: folder.database).check().isSound)
  }

  @Test func `rows that refer to nothing and an altered audit trail are found`() async throws {
    let folder = try TemporaryFolder()
    try await filled(folder)
    let shell = try folder.stranger()
    try await shell.writeWithoutTransaction { db in
      try db.execute(sql: "PRAGMA foreign_keys = OFF; UPDATE tokens SET project_id = 'nobody'")
    }
    try await shell.write { try $0.execute(sql: "UPDATE audit_events SET actor = 'somebody'") }
    try shell.close()
    let check = try StoreFile(path: folder.database).check()
    #expect(check.references.count == 1 && check.audit?.problem?.contains("altered") == true)
    #expect(!check.isSound)
  }

  @Test func `rotation seals every key anew, all or none, and may be repeated`() async throws {
    let folder = try TemporaryFolder()
    let (old, new, other) = (try Self.key("a"), try Self.key("b"), try Self.key("c"))
    try await filled(folder, old)
    let file = try StoreFile(path: folder.database)
    #expect(throws: StoreError.self) { try file.reseal(from: other, to: new) }
    #expect(try file.sealingStatus(key: old).sealedKeys == 2)
    #expect(try file.reseal(from: old, to: new).resealedKeys == 2)
    #expect(try file.reseal(from: old, to: new).unchangedKeys == 2)
    #expect(try file.sealingStatus(key: new).sealedKeys == 2)
    #expect(try file.sealingStatus(key: old).unreadableKeys == 2)
    let store = try folder.open { $0.sealingKey = new }
    #expect(store.health.unreadableProviderKeys == 0)
    await store.close()
  }

  @Test func `encrypting seals keys and hashes tokens of a Go file and leaves no clear text in it`()
    async throws
  {
    let folder = try TemporaryFolder()
    try GoFile.make(at: folder.database, tokens: GoFile.secrets, apiKey: "sk-upstream-key-in-clear")
    let file = try StoreFile(path: folder.database)
    let key = try Self.key("k")
    #expect(try file.sealingStatus(key: key) == SealingStatus(plainKeys: 1, plainTokens: 3))
    let report = try file.seal(with: key)
    #expect(report.newlySealedKeys == 1)
    #expect(try file.sealingStatus(key: key) == SealingStatus(sealedKeys: 1, hashedTokens: 3))
    #expect(try file.seal(with: key) == SealingReport(unchangedKeys: 1))
    let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.database))
    for secret in GoFile.secrets + ["sk-upstream-key-in-clear"] {
      #expect(bytes.range(of: Data(secret.utf8)) == nil)
    }
    let store = try folder.open { $0.sealingKey = key }
    #expect(
      store.accessToken(Secret(GoFile.secrets[1]))?.project.providerKey?.revealText()
        == "sk-upstream-key-in-clear")
    await store.close()
  }

  @Test func `old audit events go and the rest of the chain still verifies`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open()
    var records: [AuditRecord] = []
    for index in 0..<10 {
      var record = AuditRecord(action: "token.create", actor: "management_api", outcome: .success)
      if index < 6 { record.timestamp = Timestamp(seconds: 1_700_000_000 + Int64(index)) }
      records.append(record)
    }
    let linked = records
    _ = try await store.writer.write { try AuditChain.append(linked, $0) }
    let cutoff = Timestamp(seconds: 1_800_000_000 - 50_000_000)
    #expect(try await store.writer.write { try AuditChain.prune(before: cutoff, most: 4, $0) } == 4)
    #expect(try await store.writer.write { try AuditChain.prune(before: cutoff, most: 4, $0) } == 2)
    #expect(try await store.writer.write { try AuditChain.prune(before: cutoff, most: 4, $0) } == 0)
    let found = try await store.verifyAudit()
    #expect(found.isWhole && found.verified == 6 && found.removed == 6)
    await store.close()
    // Whoever removes more by hand cannot say so in the chain.
    let shell = try folder.stranger()
    try await shell.write { db in
      try db.execute(
        sql: """
          UPDATE llmp_audit_chain SET anchor_index = 7,
            anchor_hash = (SELECT chain_hash FROM audit_events WHERE chain_index = 7);
          DELETE FROM audit_events WHERE chain_index <= 7;
          """)
    }
    try shell.close()
    let problem = try StoreFile(path: folder.database).verifyAudit().problem
    #expect(problem?.contains("retention") == true)
  }

  @Test func `a store removes what is too old by itself`() async throws {
    let folder = try TemporaryFolder()
    try GoFile.make(at: folder.database, tokens: [], apiKey: "k")
    let store = try folder.open { $0.auditRetention = .seconds(3600) }
    var left = 1
    while left > 0 {
      try await store.flush()
      left = try await store.read { db in
        try Int.fetchOne(db, sql: "SELECT count(*) FROM audit_events WHERE id = 'a'") ?? 0
      }
    }
    #expect(try await store.verifyAudit().isWhole)
    await store.close()
  }

  @Test func `parts of the audit trail are complete, in order and filtered`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open()
    for index in 0..<25 {
      var record = AuditRecord(action: index % 2 == 0 ? "a" : "b", actor: "x", outcome: .success)
      record.timestamp = Timestamp(seconds: 1_700_000_000 + Int64(index / 3))
      try await store.appendAudit(record)
    }
    var seen: [AuditRecord] = []
    var after: String?
    repeat {
      let window = try await store.listAudit(AuditFilter(), limit: 4, after: after)
      seen += window.events
      after = window.next
    } while after != nil
    #expect(Set(seen.map(\.id)).count == 25)
    #expect(seen.map(\.timestamp) == seen.map(\.timestamp).sorted(by: >))
    var filter = AuditFilter()
    filter.action = "b"
    #expect(try await store.listAudit(filter, limit: 100, after: nil).events.count == 12)
    await #expect(throws: StoreError.self) { try await store.listAudit(filter, limit: 1, after: "zz") }
    await store.close()
  }

  @Test func `what was asked for while the file was away is served once it is back`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open { $0.operationTimeout = .milliseconds(200) }
    let project = try await store.makeProject().id
    let limited = try #require(store.accessToken(try await store.makeToken(project, limit: 100).secret))
    let free = try #require(store.accessToken(try await store.makeToken(project).secret))
    var creation = TokenCreation(projectID: project, expiresAt: nil)
    creation.budget = BudgetLimits(total: 1000)
    let budgeted = try #require(store.accessToken(try await store.createToken(creation).secret))
    try FileManager.default.moveItem(atPath: folder.database, toPath: folder.database + ".away")
    #expect(await limited.takeWaiting() == .unavailable)
    #expect(await free.takeWaiting() == .taken)
    guard case .unavailable = await BudgetTests.reserve(10, budgeted) else {
      Issue.record("reserved without a file")
      return
    }
    await #expect(throws: StoreError.self) { try await store.makeProject("lost") }
    try FileManager.default.moveItem(atPath: folder.database + ".away", toPath: folder.database)
    _ = try await store.makeProject("kept")
    // For a second after a failure nobody is made to wait.
    while await limited.takeWaiting() == .unavailable { try await Task.sleep(for: .milliseconds(50)) }
    while true {
      if case .reserved(let reservation) = await BudgetTests.reserve(10, budgeted) {
        reservation.settle(cost: 0)
        break
      }
      try await Task.sleep(for: .milliseconds(50))
    }
    #expect(await store.close())
    let counts = try await folder.stranger().read {
      try Int.fetchAll($0, sql: "SELECT request_count FROM tokens ORDER BY rowid")
    }
    #expect(counts == [1, 1, 0])
  }

  @Test func `a restore takes nothing of a database that is gone for the new one's`() async throws {
    let folder = try TemporaryFolder()
    try await filled(folder)
    let copy = folder.path + "/copy.db"
    _ = try StoreFile(path: folder.database).backup(to: copy)
    // Killed with a log that was not worked in, and then somebody removed the file but not the log.
    let store = try folder.open()
    for name in 0..<20 { _ = try await store.makeProject("after \(name)") }
    for suffix in ["-wal", "-shm"] {
      try FileManager.default.copyItem(
        atPath: folder.database + suffix, toPath: folder.path + "/kept" + suffix)
    }
    await store.close()
    try FileManager.default.removeItem(atPath: folder.database)
    for suffix in ["-wal", "-shm"] {
      try FileManager.default.moveItem(
        atPath: folder.path + "/kept" + suffix, toPath: folder.database + suffix)
    }
    let restored = try StoreFile(path: copy).restore(to: folder.database, keepingAs: ".old")
    #expect(restored.restored.projects == 2 && restored.keptAs == nil)
    #expect(try StoreFile(path: folder.database).check().projects == 2)
    #expect(FileManager.default.fileExists(atPath: folder.database + ".old-wal"))
  }

  @Test func `a file that was replaced or removed takes no write and says why`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open { $0.operationTimeout = .milliseconds(200) }
    _ = try await store.makeProject()
    try FileManager.default.moveItem(atPath: folder.database, toPath: folder.database + ".away")
    await #expect(throws: StoreError.unavailable(reason: "the database file was removed")) {
      try await store.makeProject("lost")
    }
    try Data().write(to: URL(fileURLWithPath: folder.database))
    await #expect(throws: StoreError.unavailable(reason: "the database file was replaced; restart the proxy"))
    {
      try await store.makeProject("lost")
    }
    #expect(store.health.isWritable == false)
    // The right one again: it goes on.
    try FileManager.default.removeItem(atPath: folder.database)
    try FileManager.default.moveItem(atPath: folder.database + ".away", toPath: folder.database)
    _ = try await store.makeProject("kept")
    #expect(try await store.listProjects().map(\.name) == ["kept", "p"])
    await store.close()
  }
}
