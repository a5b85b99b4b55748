import GRDB
import ProxyCore
import Testing

@testable import ProxyStore

@Suite struct ChangeTests {
  @Test func `a revocation is in force when it returns`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open()
    let project = try await store.makeProject()
    let issued = try await store.makeToken(project.id)
    let token = try #require(store.accessToken(issued.secret))
    #expect(token.state() == .active)
    #expect(try await store.revokeToken(.secret(issued.secret)).wasActive)
    #expect(token.state() == .revoked)
    let again = try await store.revokeToken(.id(token.id))
    #expect(!again.wasActive && again.record.deactivatedAt != nil)
    _ = try await store.updateToken(.id(token.id), TokenChange(isActive: true))
    #expect(token.state() == .active)
    await store.close()
  }

  @Test func `deactivating, rotating and deleting a project is in force when it returns`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open()
    let project = try await store.makeProject()
    let token = try #require(store.accessToken(try await store.makeToken(project.id).secret))
    _ = try await store.updateProject(id: project.id, ProjectChange(isActive: false))
    #expect(token.state() == .projectInactive)
    _ = try await store.updateProject(
      id: project.id, ProjectChange(providerKey: Secret("sk-new-key"), isActive: true))
    #expect(token.state() == .active)
    #expect(token.project.providerKey == Secret("sk-new-key"))
    let counts = try await store.deleteProject(id: project.id)
    #expect(counts == RevocationCounts(revoked: 1, alreadyRevoked: 0, total: 1))
    #expect(token.state() == .revoked)
    #expect(token.project.providerKey == nil)
    #expect(store.directory.project(id: project.id) == nil)
    await store.close()
  }

  @Test func `another store on the file sees revocation, creation, new limits and new keys`() async throws {
    let folder = try TemporaryFolder()
    // `there` looks only when it is asked to.
    let (here, there) = (try folder.open(), try folder.open { $0.tickInterval = .seconds(3600) })
    let project = try await here.makeProject()
    let issued = try await here.makeToken(project.id, limit: 50)
    guard case .unseen = there.lookUp(issued.secret), case .found(let token) = await there.load(issued.secret)
    else {
      Issue.record("a token of another process was not found")
      return
    }
    _ = try await here.updateToken(.id(token.id), TokenChange(maxRequests: .set(7)))
    _ = try await here.updateProject(id: project.id, ProjectChange(providerKey: Secret("sk-rotated")))
    #expect(await there.catchUp())
    #expect(token.maxRequests == 7)
    #expect(token.project.providerKey == Secret("sk-rotated"))
    _ = try await here.revokeTokens(projectID: project.id)
    #expect(await there.catchUp())
    #expect(token.state() == .revoked)
    try await here.deleteProject(id: project.id, isPurge: true)
    #expect(await there.catchUp())
    let after = there.lookUp(issued.secret)
    guard case .unseen = after else {
      Issue.record("a purged token is still in the directory: \(after)")
      return
    }
    await here.close()
    await there.close()
  }

  @Test func `changes made by any program are seen`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open()
    let project = try await store.makeProject()
    let token = try #require(store.accessToken(try await store.makeToken(project.id, limit: 4).secret))
    let shell = try folder.stranger()
    // As the Go program updates a token: every column, the count included.
    try await shell.write { db in
      try db.execute(
        sql: "UPDATE tokens SET expires_at = ?, is_active = 1, request_count = 4, max_requests = 4",
        arguments: ["2020-01-01 00:00:00+00:00"])
    }
    #expect(await store.catchUp())
    #expect(token.state() == .expired)
    try await shell.write { try $0.execute(sql: "UPDATE tokens SET expires_at = NULL") }
    #expect(await store.catchUp())
    #expect(token.state() == .usedUp)
    try await shell.write { try $0.execute(sql: "UPDATE tokens SET request_count = 2") }
    #expect(await store.catchUp())
    #expect(token.state() == .active)
    #expect(await AccessToken.drain([token], width: 4) == 2)
    try await shell.write { try $0.execute(sql: "UPDATE projects SET is_active = 0") }
    #expect(await store.catchUp())
    #expect(!token.project.isActive)
    await store.close()
  }

  @Test func `a trimmed or replaced change log leads to reading everything again`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open()
    let project = try await store.makeProject()
    let (kept, gone) = (try await store.makeToken(project.id), try await store.makeToken(project.id))
    let (keptToken, goneToken) = (
      try #require(store.accessToken(kept.secret)), try #require(store.accessToken(gone.secret))
    )
    try await folder.stranger().write { db in
      try db.execute(sql: "DELETE FROM tokens WHERE id = ?", arguments: [gone.record.id])
      try db.execute(sql: "UPDATE tokens SET max_requests = 9")
      try db.execute(sql: "DELETE FROM llmp_changes")
    }
    #expect(await store.catchUp())
    #expect(goneToken.state() == .revoked)
    #expect(store.accessToken(kept.secret) === keptToken)
    #expect(keptToken.maxRequests == 9)
    #expect(store.directory.tokenCount == 1)
    await store.close()
  }

  @Test func `a large import by another program is read at once and its tokens work`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open { $0.tickInterval = .seconds(3600) }
    let project = try await store.makeProject()
    let issued = try await store.makeToken(project.id)
    let kept = try #require(store.accessToken(issued.secret))
    try await folder.stranger().write { db in
      try db.execute(
        sql: """
          WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
          INSERT INTO tokens (id, token, project_id)
          SELECT printf('%08x-0000-4000-8000-000000000000', i), lower(hex(randomblob(32))), ? FROM n
          """,
        arguments: [project.id])
      try db.execute(
        sql: "INSERT INTO tokens (id, token, project_id) VALUES ('x', ?, ?)",
        arguments: [GoFile.hash(GoFile.secrets[0]), project.id])
    }
    guard case .found(let token) = await store.load(Secret(GoFile.secrets[0])) else {
      Issue.record("the imported token was not found")
      return
    }
    #expect(token.state() == .active)
    #expect(store.directory.tokenCount == 60_002)
    #expect(store.accessToken(issued.secret) === kept)
    await store.close()
  }

  @Test func `a guess is refused after one look and malformed secrets without any`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open()
    let guess = TokenSecret.random()
    guard case .unseen = store.lookUp(guess, at: 1000), case .notFound = await store.load(guess, at: 1000),
      case .unknown = store.lookUp(guess, at: 1001), case .unseen = store.lookUp(guess, at: 3000)
    else {
      Issue.record("a guess was not remembered for two seconds")
      return
    }
    guard case .unknown = store.lookUp(Secret("sk-short")), case .notFound = await store.load(Secret(""))
    else {
      Issue.record("a malformed secret was looked for")
      return
    }
    await store.close()
    guard case .unavailable = await store.load(TokenSecret.random()) else {
      Issue.record("a closed store must not answer that there is no such token")
      return
    }
  }

  @Test func `many guesses at once share their looks`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open()
    let found = await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<2000 {
        group.addTask {
          if case .notFound = await store.load(TokenSecret.random()) { return false }
          return true
        }
      }
      return await group.contains(true)
    }
    #expect(!found)
    await store.close()
  }
}
