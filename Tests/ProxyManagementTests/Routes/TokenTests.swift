import ProxyCore
import ProxyStore
import Testing

@testable import ProxyManagement

@Suite struct TokenTests {
  private static let keys = [
    "id", "token", "project_id", "expires_at", "is_active", "request_count", "max_requests", "created_at",
    "last_used_at", "cache_hit_count", "label", "deactivated_at", "policy", "metadata", "budget",
    "idle_timeout", "renew_on_use", "renew_until", "one_shot", "parent_id",
  ]

  private func create(_ plane: TestPlane, _ body: String) async -> Answer {
    await plane.send("POST", "/manage/tokens", text: body)
  }

  @Test func creationShowsTheSecretOnce() async throws {
    try await TestPlane.run { plane in
      let project = try await plane.makeProject()
      let answer = await plane.send(
        "POST", "/manage/tokens", ["project_id": .string(project), "duration_minutes": .integer(60)])
      #expect(answer.status == 201)
      #expect(
        answer.names == [
          "id", "token", "project_id", "expires_at", "max_requests", "label", "policy", "metadata", "budget",
          "idle_timeout", "renew_on_use", "renew_until", "one_shot", "parent_id",
        ])
      let secret = answer.string("token")
      #expect(TokenSecret.isWellFormed(secret))
      #expect(answer.string("project_id") == project)
      #expect(answer.json["max_requests"] == .null)
      let id = answer.string("id")
      let read = await plane.send("GET", "/manage/tokens/\(id)")
      #expect(read.names == Self.keys + ["children_count"])
      #expect(read.string("token") == secret.prefix(7) + String(repeating: "*", count: 14) + secret.suffix(4))
      #expect(!(await plane.send("GET", "/manage/tokens").text.contains(secret)))
      #expect(!read.text.contains(secret))
    }
  }

  @Test(arguments: [
    (#""duration_minutes":60"#, 3600), (#""duration_minutes":525600"#, 31_536_000),
    (#""duration_hours":2"#, 7200),
    (#""expires_in":"90m""#, 5400), (#""expires_in":"24h""#, 86_400), (#""expires_in":"7d""#, 604_800),
    (#""expires_in":"1h30m""#, 5400), (#""expires_in":"1.5h""#, 5400), (#""expires_in":"365d""#, 31_536_000),
  ])
  func lifetimesHaveManyForms(_ field: String, _ seconds: Int64) async throws {
    try await TestPlane.run { plane in
      let project = try await plane.makeProject()
      let before = Timestamp.now()
      let answer = await create(plane, #"{"project_id":"\#(project)",\#(field)}"#)
      let after = Timestamp.now()
      let expiry = try #require(Timestamp(databaseText: answer.string("expires_at")))
      #expect(expiry >= before.advanced(by: .seconds(seconds)))
      #expect(expiry <= after.advanced(by: .seconds(seconds)))
    }
  }

  @Test func lifetimesMayEndAtAMomentOrNever() async throws {
    try await TestPlane.run { plane in
      let project = try await plane.makeProject()
      let moment = await create(
        plane, #"{"project_id":"\#(project)","expires_at":"2999-12-31T23:59:59+02:00"}"#)
      #expect(moment.string("expires_at") == "2999-12-31T21:59:59Z")
      let never = await create(
        plane, #"{"project_id":"\#(project)","never":true,"max_requests":0,"label":"ci"}"#)
      #expect(never.json["expires_at"] == .null)
      #expect(never.json["max_requests"] == .null)
      #expect(never.string("label") == "ci")
      let limited = await create(plane, #"{"project_id":"\#(project)","duration_hours":1,"max_requests":9}"#)
      #expect(limited.json["max_requests"] == .integer(9))
    }
  }

  @Test(arguments: [
    ("[", 400, "invalid request body"),
    (#"{"project_id":"P","duration_minutes":1.5}"#, 400, "invalid request body"),
    (#"{"project_id":"P","duration_minutes":"5"}"#, 400, "invalid request body"),
    (#"{"project_id":7,"duration_minutes":5}"#, 400, #"invalid request body: field "project_id""#),
    (#"{"duration_minutes":525601}"#, 400, "duration_minutes exceeds maximum allowed"),
    (#"{"duration_minutes":9223372036854775807}"#, 400, "duration_minutes exceeds maximum allowed"),
    (#"{"duration_hours":9223372036854775807}"#, 400, "duration_hours exceeds maximum allowed"),
    ("{}", 400, "project_id and duration_minutes are required"),
    ("null", 400, "project_id and duration_minutes are required"),
    (#"{"project_id":"P"}"#, 400, "project_id and duration_minutes are required"),
    (#"{"project_id":"P","never":false}"#, 400, "project_id and duration_minutes are required"),
    (#"{"project_id":"P","duration_minutes":0}"#, 400, "project_id and duration_minutes are required"),
    (#"{"project_id":"P","duration_minutes":-5}"#, 400, "project_id and duration_minutes are required"),
    (#"{"duration_minutes":5}"#, 400, "project_id is required"),
    (#"{"duration_minutes":5,"max_requests":-1}"#, 400, "project_id is required"),
    (#"{"project_id":"nope","duration_minutes":5,"max_requests":-1}"#, 400, "max_requests must be >= 0"),
    (#"{"project_id":"nope","duration_minutes":5}"#, 404, "project not found"),
    (#"{"project_id":"P","duration_minutes":5,"never":true}"#, 400, "give only one of"),
    (#"{"project_id":"P","duration_hours":0}"#, 400, "duration_hours must be"),
    (#"{"project_id":"P","expires_in":"24"}"#, 400, "expires_in must be a duration"),
    (#"{"project_id":"P","expires_in":"soon"}"#, 400, "expires_in must be a duration"),
    (#"{"project_id":"P","expires_in":"30s"}"#, 400, "expires_in must be at least one minute"),
    (#"{"project_id":"P","expires_in":"366d"}"#, 400, "expires_in exceeds maximum allowed"),
    (#"{"project_id":"P","expires_in":"99999999999999999999h"}"#, 400, "expires_in must be a duration"),
    (#"{"project_id":"P","expires_at":"yesterday"}"#, 400, "expires_at must be a time"),
    (#"{"project_id":"P","expires_at":"2001-01-01T00:00:00Z"}"#, 400, "expires_at must be in the future"),
    (#"{"project_id":"P","duration_minutes":5,"label":"a\nb"}"#, 400, "label must not contain"),
  ])
  func creationRefuses(_ body: String, _ status: UInt16, _ message: String) async throws {
    try await TestPlane.run { plane in
      let project = try await plane.makeProject()
      let answer = await create(plane, body.replacing("\"P\"", with: "\"\(project)\""))
      #expect(answer.status == status)
      #expect(answer.error.hasPrefix(message), "\(answer.text)")
      #expect(await plane.send("GET", "/manage/tokens").json == [])
    }
  }

  @Test func aTokenIsNamedByItsIdOrByItself() async throws {
    try await TestPlane.run { plane in
      let token = try await plane.makeToken(try await plane.makeProject())
      let byId = await plane.send("GET", "/manage/tokens/\(token.id)")
      for name in [token.secret, token.secret.replacing("-", with: "%2D")] {
        #expect(await plane.send("GET", "/manage/tokens/\(name)").json == byId.json)
      }
      #expect(
        await plane.send("PATCH", "/manage/tokens/\(token.secret)", ["max_requests": .integer(5)]).status
          == 200)
      #expect(await plane.send("DELETE", "/manage/tokens/\(token.secret)").status == 204)
      let after = await plane.send("GET", "/manage/tokens/\(token.id)")
      #expect(after.json["is_active"] == .bool(false))
      #expect(after.json["max_requests"] == .integer(5))
      #expect(after.string("deactivated_at").hasSuffix("Z"))
    }
  }

  @Test func unknownTokensAreNotFound() async throws {
    try await TestPlane.run { plane in
      for name in ["nope", "a/b", "sk-AbCdEfGhIjKlMnOpQrStUv", "%ff"] {
        for (method, body) in [("GET", nil), ("PATCH", ["is_active": .bool(false)]), ("DELETE", nil)]
          as [(String, JSONValue?)]
        {
          let answer = await plane.send(method, "/manage/tokens/\(name)", body)
          #expect(answer.status == 404)
          #expect(answer.error == "token not found")
        }
      }
      for method in ["GET", "PATCH", "DELETE"] {
        let answer = await plane.send(method, "/manage/tokens/", [:])
        #expect(answer.status == 400)
        #expect(answer.error == "token ID is required")
      }
    }
  }

  @Test func changesAreInForceAndKeepWhatIsNotGiven() async throws {
    try await TestPlane.run { plane in
      let token = try await plane.makeToken(try await plane.makeProject())
      let path = "/manage/tokens/\(token.id)"
      let limited = await plane.send(
        "PATCH", path, ["max_requests": .integer(3), "label": "x", "is_active": .null])
      #expect(limited.status == 200)
      #expect(limited.names == Self.keys)
      #expect(limited.json["max_requests"] == .integer(3))
      #expect(limited.json["is_active"] == .bool(true))
      let unlimited = await plane.send("PATCH", path, ["max_requests": .integer(0)])
      #expect(unlimited.json["max_requests"] == .null)
      #expect(unlimited.string("label") == "x")
      let moved = await plane.send("PATCH", path, ["expires_at": "2999-01-01T00:00:00.5Z", "label": ""])
      #expect(moved.string("expires_at") == "2999-01-01T00:00:00.5Z")
      #expect(moved.json["label"] == .null)
      let never = await plane.send("PATCH", path, ["expires_at": "never"])
      #expect(never.json["expires_at"] == .null)
      #expect(await plane.send("PATCH", path, ["is_active": .bool(false)]).json["is_active"] == .bool(false))
      #expect(await plane.send("PATCH", path, ["is_active": .bool(true)]).json["deactivated_at"] == .null)
    }
  }

  @Test(arguments: [
    ("[", "invalid request body"), ("{}", "no fields to update"), ("null", "no fields to update"),
    (#"{"is_active":null}"#, "no fields to update"), (#"{"max_requests":-3}"#, "max_requests must be >= 0"),
    (#"{"max_requests":"3"}"#, #"invalid request body: field "max_requests" must be a whole number"#),
    (#"{"is_active":1}"#, #"invalid request body: field "is_active" must be a boolean"#),
    (#"{"expires_at":5}"#, #"invalid request body: field "expires_at" must be a string"#),
    (#"{"expires_at":"2001-01-01T00:00:00Z"}"#, "expires_at must be in the future"),
    (#"{"expires_at":"x"}"#, "expires_at must be a time"),
    (#"{"project_id":"x"}"#, #"unknown field "project_id""#),
    (#"{"request_count":0,"is_active":true}"#, #"unknown field "request_count""#),
  ])
  func changesRefuse(_ body: String, _ message: String) async throws {
    try await TestPlane.run { plane in
      let token = try await plane.makeToken(try await plane.makeProject())
      let before = await plane.send("GET", "/manage/tokens/\(token.id)").json
      let answer = await plane.send("PATCH", "/manage/tokens/\(token.id)", text: body)
      #expect(answer.status == 400)
      #expect(answer.error.hasPrefix(message))
      #expect(await plane.send("GET", "/manage/tokens/\(token.id)").json == before)
    }
  }

  @Test func theBodyIsReadBeforeTheTokenIsLookedUp() async throws {
    try await TestPlane.run { plane in
      #expect(
        await plane.send("PATCH", "/manage/tokens/nope", text: "[").error.hasPrefix("invalid request body"))
      #expect(await plane.send("PATCH", "/manage/tokens/nope", ["max_requests": .integer(-1)]).status == 404)
    }
  }

  @Test func revocationIsIdempotent() async throws {
    try await TestPlane.run { plane in
      let token = try await plane.makeToken(try await plane.makeProject())
      for already in [false, true] {
        let answer = await plane.send("DELETE", "/manage/tokens/\(token.id)")
        #expect(answer.status == 204)
        #expect(answer.body.isEmpty)
        let event = try #require(try await plane.events("action=token.revoke").first)
        #expect(event["metadata"]?.string?.contains("\"already_revoked\":\(already)") == true)
      }
    }
  }

  @Test func listsAreFiltered() async throws {
    try await TestPlane.run { plane in
      #expect(await plane.send("GET", "/manage/tokens").text == "[]\n")
      let (one, two) = (try await plane.makeProject("one"), try await plane.makeProject("two"))
      let revoked = try await plane.makeToken(one)
      let active = try await plane.makeToken(one)
      let other = try await plane.makeToken(two)
      #expect(await plane.send("DELETE", "/manage/tokens/\(revoked.id)").status == 204)
      func ids(_ query: String) async throws -> [String?] {
        await plane.send("GET", "/manage/tokens\(query)").json.elements.map { $0["id"]?.string }
      }
      #expect(try await ids("") == [other.id, active.id, revoked.id])
      for name in ["project_id", "projectId"] {
        #expect(try await ids("?\(name)=\(one)") == [active.id, revoked.id])
      }
      for name in ["active_only", "activeOnly"] {
        #expect(try await ids("?\(name)=true") == [other.id, active.id])
      }
      #expect(try await ids("?projectId=\(one)&active_only=true") == [active.id])
      #expect(try await ids("?project_id=nope") == [])
    }
  }

  @Test func listsArePagedByKey() async throws {
    try await TestPlane.run { plane in
      let project = try await plane.makeProject()
      var made: [String?] = []
      for _ in 0..<7 { made.insert(try await plane.makeToken(project).id, at: 0) }
      var seen: [String?] = []
      var after = ""
      repeat {
        let page = await plane.send("GET", "/manage/tokens?limit=3\(after)")
        #expect(page.status == 200)
        let ids = page.json.elements.map { $0["id"]?.string }
        #expect(ids.count <= 3)
        seen += ids
        // A token made while somebody pages does not move the pages that follow.
        if seen.count == 3 { _ = try await plane.makeToken(project) }
        after = page.header("X-Next-After").map { "&after=\($0)" } ?? ""
      } while !after.isEmpty
      #expect(seen == made)
      #expect(await plane.send("GET", "/manage/tokens?limit=3&after=nonsense").status == 400)
      #expect(await plane.send("GET", "/manage/tokens?limit=0").status == 400)
    }
  }

  @Test func aLongListIsStreamedInBatches() async throws {
    try await TestPlane.run { plane in
      let project = try await plane.makeProject()
      let count = TokenRoutes.batch * 2 + 1
      let body: JSONValue = ["project_id": .string(project), "never": .bool(true)]
      await withTaskGroup(of: Void.self) { group in
        for worker in 0..<32 {
          group.addTask {
            for _ in stride(from: worker, to: count, by: 32) {
              #expect(await plane.send("POST", "/manage/tokens", body).status == 201)
            }
          }
        }
      }
      let answer = await plane.send("GET", "/manage/tokens")
      #expect(answer.pieces == 3)
      #expect(answer.header("Content-Type") == "application/json")
      let ids = answer.json.elements.compactMap { $0["id"]?.string }
      #expect(Set(ids).count == count)
      #expect(ids.count == count)
      #expect(answer.text.hasSuffix("]\n"))
    }
  }

  @Test func anIdempotencyKeyMakesOneToken() async throws {
    try await TestPlane.run { plane in
      let project = try await plane.makeProject()
      let body: JSONValue = ["project_id": .string(project), "duration_minutes": .integer(5)]
      let key = [("idempotency-key", "once")]
      let answers = await withTaskGroup(of: Answer.self, returning: [Answer].self) { group in
        for _ in 0..<16 { group.addTask { await plane.send("POST", "/manage/tokens", body, headers: key) } }
        return await group.reduce(into: []) { $0.append($1) }
      }
      #expect(answers.allSatisfy { $0.status == 201 || $0.status == 409 })
      let replay = await plane.send("POST", "/manage/tokens", body, headers: key)
      #expect(replay.header("Idempotency-Replayed") == "true")
      #expect(answers.filter { $0.status == 201 }.allSatisfy { $0.text == replay.text })
      #expect(await plane.send("GET", "/manage/tokens").json.elements.count == 1)
      let other = await plane.send("POST", "/manage/tokens", ["project_id": .string(project)], headers: key)
      #expect(other.status == 422)
      let refused = await plane.send("POST", "/manage/tokens", [:], headers: [("idempotency-key", "two")])
      #expect(refused.status == 400)
      #expect(
        await plane.send("POST", "/manage/tokens", body, headers: [("idempotency-key", "two")]).status == 201)
      #expect(
        await plane.send("POST", "/manage/tokens", body, headers: [("idempotency-key", "")]).status == 400)
    }
  }
}
