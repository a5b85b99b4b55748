import GRDB
import ProxyCore
import Testing

@testable import ProxyStore

@Suite struct GoFileTests {
  @Test func `a plain file of the Go program opens and its tokens authenticate`() async throws {
    let folder = try TemporaryFolder()
    try GoFile.make(at: folder.database, tokens: GoFile.secrets, apiKey: "sk-upstream-key-0123456789abcdef")
    let store = try folder.open()
    let states = GoFile.secrets.map { store.accessToken(Secret($0))?.state() }
    #expect(states == [.active, .active, .expired])
    let token = try #require(store.accessToken(Secret(GoFile.secrets[0])))
    #expect(token.id == "7b1c2d3e-0000-4000-9000-000000000000")
    #expect(token.project.providerKey?.revealText() == "sk-upstream-key-0123456789abcdef")
    // Nothing in clear is left, in the main file or the log.
    let stored = try await store.read { try String.fetchAll($0, sql: "SELECT token FROM tokens ORDER BY id") }
    #expect(stored == GoFile.secrets.map(GoFile.hash))
    let list = try await store.listTokens()
    #expect(list.tokens.map(\.maskedToken).contains("sk-AZXo**************9bRQ"))
    #expect(list.tokens.allSatisfy { $0.requestCount == 4 && $0.cacheHitCount == 2 })
    await store.close()
  }

  @Test func `an encrypted file opens with its key and counting goes on`() async throws {
    let folder = try TemporaryFolder()
    let key = try SealingKey(base64: "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")
    try GoFile.make(
      at: folder.database, tokens: GoFile.secrets.map(GoFile.hash),
      apiKey: key.seal(Secret("sk-upstream-key-secret")))
    let store = try folder.open { $0.sealingKey = key }
    let token = try #require(store.accessToken(Secret(GoFile.secrets[1])))
    #expect(token.project.providerKey?.revealText() == "sk-upstream-key-secret")
    #expect(await AccessToken.drain([token], width: 1) == 6)
    #expect(token.state() == .usedUp)
    let record = try await store.token(.id(token.id))
    #expect(record.requestCount == 10)
    #expect(record.maskedToken == TokenSecret.unknownMask)
    #expect(store.health.unreadableProviderKeys == 0)
    await store.close()
  }

  @Test func `a wrong or missing encryption key makes the project unusable and says what to do`() async throws
  {
    let folder = try TemporaryFolder()
    let key = try SealingKey(base64: "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")
    try GoFile.make(
      at: folder.database, tokens: GoFile.secrets, apiKey: key.seal(Secret("sk-upstream-key-secret")))
    for other in [nil, try SealingKey(base64: "QUJDREVGMDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODk=")] {
      let store = try folder.open { $0.sealingKey = other }
      let project = try #require(store.directory.project(id: GoFile.project))
      #expect(project.providerKey == nil)
      #expect(project.providerKeyProblem?.contains("ENCRYPTION_KEY") == true)
      #expect(store.health.unreadableProviderKeys == 1)
      #expect(try await store.listProjects().map(\.isProviderKeyReadable) == [false])
      await store.close()
    }
  }

  @Test func `a token written in clear while we run is found, sealed and not left in the change log`()
    async throws
  {
    let folder = try TemporaryFolder()
    try GoFile.make(at: folder.database, tokens: [], apiKey: "sk-upstream")
    let store = try folder.open()
    try await folder.stranger().write { db in
      try db.execute(
        sql: "INSERT INTO tokens (id, token, project_id) VALUES ('odd-id', ?, ?)",
        arguments: [GoFile.secrets[0], GoFile.project])
    }
    guard case .found(let token) = await store.load(Secret(GoFile.secrets[0])) else {
      Issue.record("the token was not found")
      return
    }
    #expect(token.id == "odd-id")
    #expect(token.withIDBytes { String(decoding: $0, as: UTF8.self) } == "odd-id")
    try await store.flush()
    let (stored, keys) = try await store.read { db in
      (
        try String.fetchAll(db, sql: "SELECT token FROM tokens"),
        try String.fetchAll(db, sql: "SELECT key FROM llmp_changes")
      )
    }
    #expect(stored == [GoFile.hash(GoFile.secrets[0])])
    #expect(!keys.contains { $0.hasPrefix("sk-") })
    await store.close()
  }

  @Test func `the Go program's narrow outcome check is widened and its events are kept`() async throws {
    let folder = try TemporaryFolder()
    try GoFile.make(at: folder.database, tokens: [], apiKey: "sk-upstream")
    let store = try folder.open()
    try await store.appendAudit(AuditRecord(action: "admin.login", actor: "anonymous", outcome: .denied))
    let page = try await store.listAudit()
    #expect(page.events.map(\.action) == ["admin.login", "token.create"])
    #expect(page.events.last?.timestamp.rfc3339 == "2025-11-02T15:11:12.5Z")
    #expect(try await store.verifyAudit().unchained == 1)
    await store.close()
  }

  @Test func `a file with the early column name for the key is brought up to date`() async throws {
    let folder = try TemporaryFolder()
    try GoFile.make(at: folder.database, tokens: GoFile.secrets, apiKey: "sk-early")
    let early = try folder.stranger()
    try await early.write {
      try $0.execute(sql: "ALTER TABLE projects RENAME COLUMN api_key TO openai_api_key")
    }
    try early.close()
    let store = try folder.open()
    #expect(store.directory.project(id: GoFile.project)?.providerKey?.revealText() == "sk-early")
    await store.close()
  }

  @Test func `times are written so that the Go program's driver reads them`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open()
    let project = try await store.makeProject()
    _ = try await store.createToken(
      TokenCreation(
        projectID: project.id, expiresAt: Timestamp(seconds: 4_102_444_800, nanoseconds: 120_000_000)))
    let times = try await store.read { db in
      try String.fetchAll(db, sql: "SELECT expires_at FROM tokens UNION ALL SELECT created_at FROM projects")
    }
    #expect(times.first == "2100-01-01 00:00:00.12+00:00")
    #expect(times.allSatisfy { $0.hasSuffix("+00:00") })
    await store.close()
  }
}
