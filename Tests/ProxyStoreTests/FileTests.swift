import Foundation
import GRDB
import ProxyCore
import Testing

@testable import ProxyStore

@Suite struct FileTests {
  @Test func `database, log and index are readable by their owner only`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open()
    _ = try await store.makeProject()
    for suffix in ["", "-wal", "-shm"] { #expect(try folder.mode(suffix) == 0o600, "\(suffix)") }
    await store.close()
  }

  @Test func `a file that others could read is protected on opening`() async throws {
    let folder = try TemporaryFolder()
    try GoFile.make(at: folder.database, tokens: [], apiKey: "k")
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: folder.database)
    let store = try folder.open()
    #expect(try folder.mode() == 0o600)
    #expect(try folder.mode("-wal") == 0o600)
    await store.close()
  }

  @Test func `a file of a newer program is refused with both versions and left alone`() async throws {
    let folder = try TemporaryFolder()
    await (try folder.open()).close()
    let future = try folder.stranger()
    try await future.write { db in
      try db.execute(
        sql:
          "INSERT INTO llmp_migrations VALUES (99, 'future', 'llm-proxy 9.9.9', '2030-01-01 00:00:00+00:00')")
    }
    try future.close()
    let before = try Data(contentsOf: URL(fileURLWithPath: folder.database))
    do {
      _ = try folder.open()
      Issue.record("a newer file was opened")
    } catch let error as StoreError {
      let text = error.description
      #expect(
        text.contains("99") && text.contains("llm-proxy 9.9.9") && text.contains("\(Store.schemaVersion)"))
    }
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder.database)) == before)
  }

  @Test func `a step that others left out is applied wherever its number stands`() async throws {
    let folder = try TemporaryFolder()
    await (try folder.open()).close()
    let file = try folder.stranger()
    @Sendable func step(_ number: Int) -> Migrator.Step {
      Migrator.Step(number: number, name: "step \(number)") {
        try $0.execute(sql: "CREATE TABLE step_\(number) (a)")
      }
    }
    try await file.writeWithoutTransaction { db in
      try Migrator.migrate(db, Migrator.steps + [step(903)])
      try Migrator.migrate(db, Migrator.steps + [step(903), step(902), step(901)])
      #expect(try Migrator.applied(db).isSuperset(of: [1, 2, 901, 902, 903]))
      #expect(try Migrator.version(db) == 903)
      // A program that does not know one of them is older, whatever its own highest number.
      #expect(throws: StoreError.self) { try Migrator.migrate(db, Migrator.steps + [step(903), step(901)]) }
    }
    try file.close()
  }

  @Test func `a watched column that a step adds is in the triggers without more ado`() async throws {
    let folder = try TemporaryFolder()
    await (try folder.open()).close()
    let file = try folder.stranger()
    try await file.writeWithoutTransaction { db in
      let sql = try String.fetchOne(
        db, sql: "SELECT sql FROM sqlite_master WHERE name = 'llmp_token_updated'")
      let columns = try Migrator.columns(of: "tokens", db)
      // The expiry has a trigger of its own.
      let watched = ChangeTriggers.tokenColumns.filter { columns.contains($0) && $0 != "expires_at" }
        .joined(separator: ", ")
      #expect(sql?.contains("UPDATE OF \(watched) ON tokens") == true)
    }
    try file.close()
  }

  @Test(arguments: ["", ":memory:", "file:x?mode=memory"])
  func `a database that is not a file is refused`(path: String) {
    #expect(throws: StoreError.self) { try Store(StoreOptions(path: path)) }
  }

  @Test func `a folder, a damaged file and an unreachable path are refused with a sentence`() throws {
    let folder = try TemporaryFolder()
    try Data(repeating: 65, count: 8192).write(to: URL(fileURLWithPath: folder.database))
    for path in [folder.path, folder.database, "/proc/none/llm-proxy.db"] {
      do {
        _ = try Store(StoreOptions(path: path))
        Issue.record("\(path) was opened")
      } catch {
        guard case .unusable(let sentence) = error else {
          Issue.record("\(error)")
          continue
        }
        #expect(!sentence.isEmpty)
      }
    }
  }

  @Test func `missing folders are made`() async throws {
    let folder = try TemporaryFolder()
    let store = try Store(StoreOptions(path: folder.path + "/a/b/llm-proxy.db"))
    await store.close()
    #expect(FileManager.default.fileExists(atPath: folder.path + "/a/b/llm-proxy.db"))
  }

  @Test func `two stores may open a new file at once`() async throws {
    let folder = try TemporaryFolder()
    let stores = try await withThrowingTaskGroup(of: Store.self) { group in
      for _ in 0..<4 { group.addTask { try folder.open() } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(stores.count == 4)
    for store in stores { await store.close() }
  }

  @Test func `while another program holds the write lock traffic goes on and nothing is lost`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open { $0.operationTimeout = .milliseconds(200) }
    let project = try await store.makeProject()
    let unlimited = try #require(store.accessToken(try await store.makeToken(project.id).secret))
    let issued = try await store.makeToken(project.id, limit: 6400)
    let limited = try #require(store.accessToken(issued.secret))
    #expect(await limited.takeWaiting() == .taken)
    try await store.flush()
    let lease = limited.leased
    let shell = try folder.stranger()
    try await shell.writeWithoutTransaction { try $0.execute(sql: "BEGIN EXCLUSIVE") }

    for _ in 0..<100 { #expect(unlimited.take(nowMilliseconds: 5, ready: nil) == .taken) }
    for _ in 0..<lease { #expect(limited.take(nowMilliseconds: 5, ready: nil) == .taken) }
    #expect(await limited.takeWaiting() == .unavailable)
    store.usage.record(UsageEntry(token: unlimited, requestID: "r", startedMilliseconds: 1))
    await #expect(throws: StoreError.unavailable(reason: "the database is locked by another program")) {
      try await store.makeToken(project.id)
    }
    #expect(store.health.problem == "the database is locked by another program")
    #expect(store.health.failingSince != nil && store.health.usageQueued == 1)
    #expect(try await store.listProjects().count == 1)

    try await shell.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
    try await store.flush()
    #expect(store.health.isWritable && store.health.usageQueued == 0)
    let (count, rows) = try await store.read { db in
      (
        try Int.fetchOne(db, sql: "SELECT request_count FROM tokens WHERE id = ?", arguments: [unlimited.id]),
        try Int.fetchOne(db, sql: "SELECT count(*) FROM usage_entries")
      )
    }
    #expect(count == 100 && rows == 1)
    await store.close()
  }
}
