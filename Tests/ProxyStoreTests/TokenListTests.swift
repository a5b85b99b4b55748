import GRDB
import ProxyCore
import Testing

@testable import ProxyStore

@Suite struct TokenListTests {
  /// Tokens with ties, gaps and every state; `count` of them, written past the store.
  private func fill(_ folder: TemporaryFolder, _ project: String, _ count: Int) async throws {
    try await folder.stranger().write { db in
      for index in 0..<count {
        try db.execute(
          sql: """
            INSERT INTO tokens (id, token, token_mask, project_id, expires_at, is_active, request_count,
              max_requests, created_at, last_used_at, label) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
          arguments: [
            "id-\(index * 7 % count)", "hash-\(index)", "sk-ab\(index % 10)", project,
            index % 3 == 0
              ? nil : index % 3 == 1 ? "2020-01-0\(1 + index % 9) 00:00:00+00:00" : "2099-01-01 00:00:00",
            index % 5 != 0, index % 4, index % 2 == 0 ? 3 : nil, "2025-01-01 00:00:0\(index % 3)",
            index % 6 == 0 ? nil : "2025-02-0\(1 + index % 4) 00:00:00",
            index % 7 == 0 ? "team \(index) 100%" : nil,
          ])
      }
    }
  }

  private func pages(_ store: Store, _ filter: TokenFilter, size: Int) async throws -> [TokenRecord] {
    var all: [TokenRecord] = []
    var after: String?
    repeat {
      let page = try await store.listTokens(filter, limit: size, after: after)
      #expect(page.tokens.count <= size)
      all += page.tokens
      after = page.next
    } while after != nil
    return all
  }

  private func key(_ token: TokenRecord, _ key: TokenOrder.Key) -> Int64 {
    switch key {
    case .createdAt: token.createdAt.milliseconds
    case .lastUsedAt: token.lastUsedAt?.milliseconds ?? .min
    case .expiresAt: token.expiresAt?.milliseconds ?? .max
    case .requestCount: token.requestCount
    }
  }

  @Test(arguments: TokenOrder.Key.allCases, [true, false])
  func `pages of every order are complete and in order`(_ order: TokenOrder.Key, _ isAscending: Bool)
    async throws
  {
    let folder = try TemporaryFolder()
    let store = try folder.open()
    let project = try await store.makeProject().id
    try await fill(folder, project, 60)
    let filter = TokenFilter(order: TokenOrder(by: order, isAscending: isAscending))
    for (picked, size) in [
      (filter, 7), (filter, 1), (TokenFilter(projectID: project, order: filter.order), 11),
    ] {
      let all = try await pages(store, picked, size: size)
      #expect(Set(all.map(\.id)).count == 60)
      let keys = all.map { self.key($0, order) }
      #expect(keys == keys.sorted { isAscending ? $0 < $1 : $0 > $1 })
    }
    await store.close()
  }

  @Test func `filters pick what they say, whatever the order`() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.open()
    let project = try await store.makeProject().id
    try await fill(folder, project, 60)
    let all = try await pages(store, TokenFilter(), size: 60)
    let now = Timestamp.now()
    func isExpired(_ token: TokenRecord) -> Bool { token.expiresAt.map { $0 <= now } ?? false }
    func isUsedUp(_ token: TokenRecord) -> Bool {
      token.maxRequests.map { token.requestCount >= $0 } ?? false
    }
    let expected: [TokenStatus: Set<String>] = [
      .revoked: Set(all.filter { !$0.isActive }.map(\.id)),
      .expired: Set(all.filter { $0.isActive && isExpired($0) }.map(\.id)),
      .usedUp: Set(all.filter { $0.isActive && !isExpired($0) && isUsedUp($0) }.map(\.id)),
      .active: Set(all.filter { $0.isActive && !isExpired($0) && !isUsedUp($0) }.map(\.id)),
    ]
    for key in TokenOrder.Key.allCases {
      for (status, ids) in expected {
        for project in [nil, project] {
          let filter = TokenFilter(projectID: project, status: status, order: TokenOrder(by: key))
          #expect(Set(try await pages(store, filter, size: 4).map(\.id)) == ids)
          #expect(try await store.countTokens(filter) == ids.count)
        }
      }
    }
    let labelled = TokenFilter(search: "TEAM")
    #expect(try await pages(store, labelled, size: 4).count == 9)
    #expect(try await pages(store, TokenFilter(search: "100%"), size: 100).count == 9)
    #expect(try await pages(store, TokenFilter(search: "1_0%"), size: 100).isEmpty)
    #expect(try await pages(store, TokenFilter(search: "id-59"), size: 100).map(\.id) == ["id-59"])
    #expect(try await pages(store, TokenFilter(search: "sk-ab3"), size: 100).count == 6)
    #expect(try await pages(store, TokenFilter(status: .revoked, search: "team"), size: 1).count == 2)
    #expect(try await pages(store, TokenFilter(projectID: "none", search: "team"), size: 1).isEmpty)
    await store.close()
  }
}
