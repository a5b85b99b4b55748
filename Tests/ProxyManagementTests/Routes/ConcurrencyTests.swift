import ProxyStore
import Testing

@testable import ProxyManagement

@Suite struct ConcurrencyTests {
  private func together(_ count: Int, _ body: @escaping @Sendable (Int) async -> UInt16) async -> [UInt16] {
    await withTaskGroup(of: UInt16.self, returning: [UInt16].self) { group in
      for index in 0..<count { group.addTask { await body(index) } }
      return await group.reduce(into: []) { $0.append($1) }
    }
  }

  @Test func ofConcurrentChangesOfTheSameStateOneWins() async throws {
    try await TestPlane.run { plane in
      let token = try await plane.makeToken(try await plane.makeProject())
      let path = "/manage/tokens/\(token.id)"
      let tag = try #require(await plane.send("GET", path).header("ETag"))
      let statuses = await together(24) { index in
        await plane.send("PATCH", path, ["max_requests": .integer(index + 1)], headers: [("if-match", tag)])
          .status
      }
      #expect(statuses.filter { $0 == 200 }.count == 1)
      #expect(statuses.filter { $0 == 412 }.count == 23)
    }
  }

  @Test func projectsHaveTagsToo() async throws {
    try await TestPlane.run { plane in
      let path = "/manage/projects/\(try await plane.makeProject())"
      let tag = try #require(await plane.send("GET", path).header("ETag"))
      let changed = await plane.send("PATCH", path, ["name": "b"], headers: [("if-match", "\"x\", \(tag)")])
      #expect(changed.status == 200)
      let newTag = try #require(changed.header("ETag"))
      #expect(newTag != tag)
      let stale = await plane.send("PATCH", path, ["name": "c"], headers: [("if-match", tag)])
      #expect(stale.status == 412)
      #expect(stale.string("code") == "precondition_failed")
      #expect(
        await plane.send("PATCH", path, ["name": "c"], headers: [("if-match", "W/\(newTag)")]).status == 412)
      #expect(await plane.send("PATCH", path, ["name": "d"], headers: [("if-match", "*")]).status == 200)
      #expect(
        await plane.send("PATCH", "/manage/projects/nope", [:], headers: [("if-match", "*")]).status == 404)
    }
  }

  @Test func useOfATokenDoesNotChangeItsTag() async throws {
    try await TestPlane.run { plane in
      let token = try await plane.makeToken(
        try await plane.makeProject(), [.init(name: "max_requests", value: .integer(9))])
      let path = "/manage/tokens/\(token.id)"
      let before = await plane.send("GET", path)
      let access = try #require(token.secret.withTestBytes { plane.store.directory.token(presented: $0) })
      let now = Timestamp.now().milliseconds
      var outcome = TakeOutcome.pending
      while outcome == .pending {
        outcome = await withCheckedContinuation { (done: CheckedContinuation<TakeOutcome, Never>) in
          let taken = access.take(nowMilliseconds: now, ready: { done.resume(returning: .pending) })
          if taken != .pending { done.resume(returning: taken) }
        }
      }
      #expect(outcome == .taken)
      let after = await plane.send("GET", path)
      #expect(after.json["request_count"] != before.json["request_count"])
      #expect(after.header("ETag") == before.header("ETag"))
    }
  }

  @Test func unconditionalChangesOfDifferentFieldsAreAllKept() async throws {
    try await TestPlane.run { plane in
      let token = try await plane.makeToken(try await plane.makeProject())
      let path = "/manage/tokens/\(token.id)"
      let changes: [JSONValue] = [
        ["max_requests": .integer(7)], ["label": "kept"], ["expires_at": "2999-01-01T00:00:00Z"],
        ["is_active": .bool(false)],
      ]
      let statuses = await together(40) { await plane.send("PATCH", path, changes[$0 % 4]).status }
      #expect(statuses.allSatisfy { $0 == 200 })
      let final = await plane.send("GET", path).json
      #expect(final["max_requests"] == .integer(7))
      #expect(final["label"] == "kept")
      #expect(final["expires_at"] == "2999-01-01T00:00:00Z")
      #expect(final["is_active"] == .bool(false))
    }
  }

  @Test func concurrentCreationsOfOneNameMakeOneProject() async throws {
    try await TestPlane.run { plane in
      let statuses = await together(16) { _ in
        await plane.send("POST", "/manage/projects", ["name": "same", "api_key": "k"]).status
      }
      #expect(statuses.filter { $0 == 201 }.count == 1)
      #expect(statuses.filter { $0 == 409 }.count == 15)
    }
  }
}

extension String {
  fileprivate func withTestBytes<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value {
    Array(utf8).withUnsafeBytes(body)
  }
}
