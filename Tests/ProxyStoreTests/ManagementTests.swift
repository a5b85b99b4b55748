import ProxyCore
import Testing

@testable import ProxyStore

@Suite struct ManagementTests {
  @Test func `projects are created, listed by name, changed and deleted`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open()
    let beta = try await store.makeProject("beta")
    let alpha = try await store.makeProject("alpha")
    #expect(beta.maskedProviderKey == "sk-upstr...cdef" && beta.isActive && beta.createdAt == beta.updatedAt)
    #expect(try await store.listProjects().map(\.name) == ["alpha", "beta"])
    await #expect(throws: StoreError.nameTaken) { try await store.makeProject("alpha") }
    await #expect(throws: StoreError.nameTaken) {
      try await store.updateProject(id: beta.id, ProjectChange(name: "alpha"))
    }
    for bad in ["", " "] {
      await #expect(throws: StoreError.invalid(field: "name", reason: "must not be empty")) {
        try await store.updateProject(id: beta.id, ProjectChange(name: bad))
      }
    }
    await #expect(throws: StoreError.self) {
      try await store.updateProject(id: beta.id, ProjectChange(providerKey: Secret(beta.maskedProviderKey)))
    }
    await #expect(throws: StoreError.preconditionFailed) {
      try await store.updateProject(id: beta.id, ProjectChange(name: "gamma"), if: { $0.name == "delta" })
    }
    let off = try await store.updateProject(id: beta.id, ProjectChange(isActive: false))
    #expect(!off.isActive && off.deactivatedAt != nil && off.updatedAt > beta.updatedAt)
    await #expect(throws: StoreError.inactiveProject) { try await store.makeToken(beta.id) }
    let on = try await store.updateProject(id: beta.id, ProjectChange(isActive: true))
    #expect(on.isActive && on.deactivatedAt == nil)
    try await store.deleteProject(id: alpha.id)
    await #expect(throws: StoreError.notFound) { try await store.project(id: alpha.id) }
    await #expect(throws: StoreError.notFound) { try await store.deleteProject(id: alpha.id) }
    let second = try await store.makeProject("alpha")
    #expect(second.id != alpha.id)
    try await store.deleteProject(id: second.id)
    try await store.deleteProject(id: alpha.id, isPurge: true)
    await #expect(throws: StoreError.notFound) { try await store.deleteProject(id: alpha.id, isPurge: true) }
    await store.close()
  }

  @Test func `deactivation with revocation and bulk revocation count what they find`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open()
    let project = try await store.makeProject()
    var tokens: [IssuedToken] = []
    for _ in 0..<3 { tokens.append(try await store.makeToken(project.id)) }
    _ = try await store.revokeToken(.id(tokens[0].record.id))
    #expect(
      try await store.revokeTokens(projectID: project.id)
        == RevocationCounts(revoked: 2, alreadyRevoked: 1, total: 3))
    #expect(
      try await store.revokeTokens(projectID: project.id)
        == RevocationCounts(revoked: 0, alreadyRevoked: 3, total: 3))
    let last = try await store.makeToken(project.id)
    _ = try await store.updateProject(id: project.id, ProjectChange(isActive: false, revokesTokens: true))
    #expect(try await store.token(.id(last.record.id)).isActive == false)
    await #expect(throws: StoreError.notFound) { try await store.revokeTokens(projectID: "none") }
    await store.close()
  }

  @Test func `a token shows its secret once and is found by id and by secret`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open()
    let project = try await store.makeProject()
    let expiry = Timestamp.now().advanced(by: .seconds(3600))
    let issued = try await store.createToken(
      TokenCreation(projectID: project.id, expiresAt: expiry, maxRequests: 0, label: "ci"))
    let text = issued.secret.revealText()
    #expect(TokenSecret.isWellFormed(text))
    #expect(
      issued.record.maxRequests == nil && issued.record.label == "ci" && issued.record.expiresAt == expiry)
    #expect(issued.record.maskedToken == "\(text.prefix(7))**************\(text.suffix(4))")
    #expect(store.accessToken(issued.secret)?.label == "ci")
    #expect(try await store.token(TokenReference(pathComponent: text)) == issued.record)
    #expect(try await store.token(TokenReference(pathComponent: issued.record.id)) == issued.record)
    await #expect(throws: StoreError.notFound) { try await store.token(.id("none")) }
    await #expect(throws: StoreError.notFound) { try await store.makeToken("none") }
    await #expect(throws: StoreError.self) { try await store.makeToken(project.id, limit: -1) }
    await #expect(throws: StoreError.self) {
      try await store.createToken(TokenCreation(projectID: project.id, expiresAt: Timestamp(seconds: 1)))
    }
    let changed = try await store.updateToken(
      .id(issued.record.id), TokenChange(expiresAt: .set(Timestamp(seconds: 5)), label: .clear))
    #expect(changed.expiresAt == Timestamp(seconds: 5) && changed.label == nil)
    #expect(store.accessToken(issued.secret)?.state() == .expired)
    #expect(store.accessToken(issued.secret)?.label == nil)
    await #expect(throws: StoreError.preconditionFailed) {
      try await store.updateToken(.secret(issued.secret), TokenChange(isActive: false), if: { _ in false })
    }
    await store.close()
  }

  @Test func `pages of tokens are complete, in order and filtered`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open()
    let (mine, other) = (try await store.makeProject("a"), try await store.makeProject("b"))
    var ids: [String] = []
    for index in 0..<23 {
      let issued = try await store.makeToken(index % 4 == 3 ? other.id : mine.id)
      if index % 4 != 3 { ids.append(issued.record.id) }
      if index % 5 == 0 { _ = try await store.revokeToken(.id(issued.record.id)) }
    }
    var seen: [String] = []
    var after: String?
    repeat {
      let page = try await store.listTokens(TokenFilter(projectID: mine.id), limit: 5, after: after)
      #expect(page.tokens.count <= 5)
      seen += page.tokens.map(\.id)
      after = page.next
    } while after != nil
    #expect(seen == ids.reversed())
    #expect(try await store.countTokens() == 23)
    #expect(try await store.listTokens(TokenFilter(activeOnly: true), limit: 1000).tokens.count == 18)
    for bad in ["zz", "7c7", "abcd"] {
      await #expect(throws: StoreError.invalid(field: "after", reason: "is not a cursor of ours")) {
        try await store.listTokens(after: bad)
      }
    }
    await store.close()
  }

  @Test func `provider keys are sealed when there is a key, and old ones on demand`() async throws {
    let folder = try TemporaryFolder()
    let plain = try folder.open()
    let old = try await plain.makeProject("old")
    await plain.close()
    let key = try SealingKey(base64: "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")
    let store = try folder.open { $0.sealingKey = key }
    _ = try await store.makeProject("new")
    #expect(try await storedKeys(store).map { $0.hasPrefix("enc:v1:") } == [true, false])
    #expect(try await store.sealProviderKeys() == 1)
    #expect(try await storedKeys(store).allSatisfy { $0.hasPrefix("enc:v1:") })
    #expect(store.directory.project(id: old.id)?.providerKey == Secret("sk-upstream-key-0123456789abcdef"))
    await store.close()
  }

  private func storedKeys(_ store: Store) async throws -> [String] {
    try await store.read { db in
      let rows = try RawStatement(db, "SELECT api_key FROM projects ORDER BY name")
      var keys: [String] = []
      while try rows.step() { keys.append(rows.text(0) ?? "") }
      return keys
    }
  }
}
