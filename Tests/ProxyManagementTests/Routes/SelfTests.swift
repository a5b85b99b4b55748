import ProxyCore
import ProxyStore
import Testing

@testable import ProxyManagement

/// `/self`: what the holder of an access token may do with nothing but that token.
@Suite struct SelfTests {
  private func ask(
    _ plane: TestPlane, _ method: String, _ target: String, _ secret: String, _ body: String = "",
    headers: [(String, String)] = []
  ) async -> Answer {
    await plane.raw(
      method, target, headers: [("authorization", "Bearer \(secret)")] + headers, body: Array(body.utf8))
  }

  private func code(_ answer: Answer) -> String {
    #expect(!answer.error.isEmpty)
    return answer.string("code")
  }

  @Test func theHolderSeesWhatBindsIt() async throws {
    try await TestPlane.run { plane in
      let project = try await plane.makeProject()
      let holder = try await plane.makeToken(
        project,
        [
          .init(name: "max_requests", value: .integer(9)), .init(name: "label", value: "ci"),
          .init(name: "idle_timeout", value: "30m"),
        ])
      let answer = await ask(plane, "GET", "/self", holder.secret)
      #expect(answer.status == 200)
      #expect(answer.header("Cache-Control") == "no-store")
      #expect(answer.string("id") == holder.id && answer.string("label") == "ci")
      #expect(answer.json["project"]?["name"] == "alpha" && answer.json["project"]?["id"] == .string(project))
      #expect(answer.json["remaining_requests"] == .integer(9))
      #expect(answer.json["idle_timeout"] == .integer(1800))
      let idleEnd = try #require(Timestamp(databaseText: answer.string("idle_expires_at")))
      #expect(idleEnd < (try #require(Timestamp(databaseText: answer.string("expires_at")))))
      #expect(answer.json["last_used_at"] == .null && answer.json["parent_id"] == .null)
      #expect(!answer.text.contains(TestPlane.key) && !answer.text.contains(holder.secret))
      // Looking is no use.
      #expect(await plane.send("GET", "/manage/tokens/\(holder.id)").json["last_used_at"] == .null)
    }
  }

  @Test func aChildIsMintedListedAndRevoked() async throws {
    try await TestPlane.run { plane in
      let holder = try await plane.makeToken(
        try await plane.makeProject(), [.init(name: "max_requests", value: .integer(9))])
      let made = await ask(
        plane, "POST", "/self/tokens", holder.secret,
        #"{"duration_minutes":5,"max_requests":3,"label":"job"}"#)
      #expect(made.status == 201 && made.string("parent_id") == holder.id)
      let id = made.string("id")
      #expect(made.header("Location") == "/self/tokens/\(id)")
      let secret = made.string("token")
      let listed = await ask(plane, "GET", "/self/tokens", holder.secret)
      #expect(listed.json.elements.map { $0["id"] } == [.string(id)])
      #expect(!listed.text.contains(secret))
      let read = await plane.send("GET", "/manage/tokens/\(holder.id)")
      #expect(read.json["children_count"] == .integer(1) && read.json["parent_id"] == .null)
      let filtered = await plane.send("GET", "/manage/tokens?parent_id=\(holder.id)")
      #expect(filtered.json.elements.count == 1)
      #expect(await ask(plane, "GET", "/self", secret).json["remaining_requests"] == .integer(3))
      #expect(await ask(plane, "DELETE", "/self/tokens/\(id)", holder.secret).status == 204)
      let gone = await ask(plane, "GET", "/self", secret)
      #expect(gone.status == 401 && code(gone) == "token_inactive")
      #expect(gone.header("x-should-retry") == "false")
      #expect(gone.header("WWW-Authenticate") == "Bearer realm=\"self\"")
    }
  }

  @Test func theAuditTrailKeepsTheChain() async throws {
    try await TestPlane.run { plane in
      let holder = try await plane.makeToken(try await plane.makeProject())
      let child = await ask(plane, "POST", "/self/tokens", holder.secret, "{}")
      let below = await ask(plane, "POST", "/self/tokens", child.string("token"), "{}")
      _ = await ask(plane, "POST", "/self/tokens", below.string("token"), #"{"never":true}"#)
      let events = try await plane.events("action=token.mint")
      #expect(events.count == 3)
      #expect(events[1]["actor"] == "access_token" && events[1]["token_id"] == .string(below.string("id")))
      let chain = [child.string("id"), holder.id].map { JSONValue.string($0) }
      let details = try events.map {
        try JSONReader.firstValue(of: Array(($0["metadata"]?.string ?? "").utf8))
      }
      #expect(details[1]["ancestors"] == .array(chain) && details[1]["parent_id"] == chain[0])
      #expect(events[0]["outcome"] == "failure" && details[0]["error_type"] == "wider_than_parent")
      let text = try await plane.auditLines().map(\.text).joined()
      for secret in [holder.secret, child.string("token"), below.string("token")] {
        #expect(!text.contains(secret))
      }
    }
  }

  @Test(arguments: [
    (#"{"never":true}"#, "expires_at"), (#"{"duration_hours":2}"#, "expires_at"),
    (#"{"max_requests":10}"#, "max_requests"), (#"{"max_requests":0}"#, "max_requests"),
    (#"{"idle_timeout":"11m"}"#, "idle_timeout"),
    (#"{"renew_on_use":60,"renew_until":"2999-01-01T00:00:00Z"}"#, "renew_until"),
  ])
  func nothingIsWiderThanTheHolder(_ body: String, _ field: String) async throws {
    try await TestPlane.run { plane in
      let holder = try await plane.makeToken(
        try await plane.makeProject(),
        [.init(name: "max_requests", value: .integer(9)), .init(name: "idle_timeout", value: "10m")])
      let answer = await ask(plane, "POST", "/self/tokens", holder.secret, body)
      #expect(answer.status == 403 && code(answer) == "wider_than_parent")
      #expect(answer.string("param") == field && answer.error.hasPrefix(field))
    }
  }

  @Test func policiesOnlyNarrowFromGenerationToGeneration() async throws {
    try await TestPlane.run { plane in
      let policy: JSONValue = ["models": ["gpt-4o*"], "requests_per_minute": .integer(60)]
      let holder = try await plane.makeToken(
        try await plane.makeProject(), [.init(name: "policy", value: policy)])
      let child = await ask(
        plane, "POST", "/self/tokens", holder.secret,
        #"{"policy":{"models":["gpt-4o-mini"],"methods":["POST"]}}"#)
      #expect(child.status == 201)
      let effective = await ask(plane, "GET", "/self", child.string("token")).json["policy"]
      #expect(effective?["models"] == ["gpt-4o-mini"] && effective?["methods"] == ["POST"])
      #expect(effective?["requests_per_minute"] == .integer(60))
      for (body, field) in [
        (#"{"policy":{"models":["gpt-4o"]}}"#, "policy.models"),
        (#"{"policy":{"requests_per_minute":61}}"#, "policy.requests_per_minute"),
        (#"{"policy":{"methods":["GET"]}}"#, "policy.methods"),
      ] {
        let answer = await ask(plane, "POST", "/self/tokens", child.string("token"), body)
        #expect(
          answer.status == 403 && code(answer) == "wider_than_parent" && answer.string("param") == field)
      }
    }
  }

  @Test(arguments: [
    ("[]", "invalid_request_body"), (#"{"project_id":"p"}"#, "unknown_field"),
    (#"{"parent_id":"p"}"#, "unknown_field"), (#"{"idle_timeout":0}"#, "invalid_request"),
    (#"{"idle_timeout":"soon"}"#, "invalid_request"),
    (#"{"one_shot":true,"max_requests":2}"#, "invalid_request"),
    (#"{"renew_until":"2999-01-01T00:00:00Z"}"#, "invalid_request"),
  ])
  func whatCannotBeIsRefused(_ body: String, _ wanted: String) async throws {
    try await TestPlane.run { plane in
      let holder = try await plane.makeToken(try await plane.makeProject())
      let answer = await ask(plane, "POST", "/self/tokens", holder.secret, body)
      #expect(answer.status == 400 && code(answer) == wanted)
    }
  }

  @Test func aHolderSeesAndRevokesItsOwnChildrenOnly() async throws {
    try await TestPlane.run { plane in
      let project = try await plane.makeProject()
      let (one, other) = (try await plane.makeToken(project), try await plane.makeToken(project))
      let child = await ask(plane, "POST", "/self/tokens", one.secret, "{}").string("id")
      #expect(await ask(plane, "GET", "/self/tokens", other.secret).json == .array([]))
      for id in [child, other.id, "none", one.id] {
        let answer = await ask(plane, "DELETE", "/self/tokens/\(id)", other.secret)
        #expect(answer.status == 404 && code(answer) == "token_not_found")
      }
      #expect(await ask(plane, "PUT", "/self", one.secret).status == 405)
      #expect(await ask(plane, "GET", "/self/", one.secret).status == 404)
      #expect(await ask(plane, "GET", "/self/nothing", one.secret).status == 404)
    }
  }

  @Test func aRepetitionMintsOnceAndKeysBelongToTheirHolder() async throws {
    try await TestPlane.run { plane in
      let project = try await plane.makeProject()
      let (one, other) = (try await plane.makeToken(project), try await plane.makeToken(project))
      let key = [("idempotency-key", "k")]
      let first = await ask(plane, "POST", "/self/tokens", one.secret, "{}", headers: key)
      let again = await ask(plane, "POST", "/self/tokens", one.secret, "{}", headers: key)
      #expect(again.body == first.body && again.header("Idempotency-Replayed") == "true")
      let others = await ask(plane, "POST", "/self/tokens", other.secret, "{}", headers: key)
      #expect(others.status == 201 && others.string("id") != first.string("id"))
    }
  }

  @Test func everyWitheredStateSaysWhy() async throws {
    try await TestPlane.run { plane in
      let project = try await plane.makeProject()
      let holder = try await plane.makeToken(project)
      let child = await ask(plane, "POST", "/self/tokens", holder.secret, "{}").string("token")
      _ = await plane.send("PATCH", "/manage/tokens/\(holder.id)", ["is_active": .bool(false)])
      #expect(code(await ask(plane, "GET", "/self", child)) == "token_parent_inactive")
      #expect(code(await ask(plane, "GET", "/self", holder.secret)) == "token_inactive")
      _ = await plane.send("PATCH", "/manage/tokens/\(holder.id)", ["is_active": .bool(true)])
      _ = try await plane.store.updateToken(
        .id(holder.id), TokenChange(expiresAt: .set(Timestamp(seconds: 1))))
      #expect(code(await ask(plane, "GET", "/self", holder.secret)) == "token_expired")
      let other = try await plane.makeToken(project)
      let single = try await plane.makeToken(project, [.init(name: "one_shot", value: .bool(true))])
      let token = try #require(
        Secret(single.secret).withUnsafeBytes { plane.store.directory.token(presented: $0) })
      _ = await withCheckedContinuation { continuation in
        _ = token.take(nowMilliseconds: Clocks.unixMilliseconds()) { continuation.resume(returning: ()) }
      }
      #expect(token.take(nowMilliseconds: Clocks.unixMilliseconds(), ready: nil) == .taken)
      #expect(await ask(plane, "GET", "/self", single.secret).json["remaining_requests"] == .integer(0))
      let refused = await ask(plane, "POST", "/self/tokens", single.secret, "{}")
      #expect(refused.status == 429 && code(refused) == "rate_limit_exceeded")
      _ = await plane.send("PATCH", "/manage/projects/\(project)", ["is_active": .bool(false)])
      #expect(code(await ask(plane, "GET", "/self", other.secret)) == "project_inactive")
    }
  }

  @Test func guessesAreThrottledAndRightTokensNever() async throws {
    try await TestPlane.run { plane in
      let holder = try await plane.makeToken(try await plane.makeProject())
      let guess = "sk-" + String(repeating: "g", count: 22)
      let missing = await plane.raw("GET", "/self")
      #expect(missing.status == 401 && code(missing) == "missing_credentials")
      #expect(code(await ask(plane, "GET", "/self", "nonsense")) == "invalid_token")
      for _ in 1..<LoginThrottle.allowance {
        #expect(code(await ask(plane, "GET", "/self", guess)) == "token_not_found")
      }
      let throttled = await ask(plane, "GET", "/self", guess)
      #expect(throttled.status == 429 && code(throttled) == "too_many_failed_logins")
      #expect(throttled.header("Retry-After") != nil)
      #expect(await ask(plane, "GET", "/self", holder.secret).status == 200)
      let denials = try await plane.events("action=self.login&outcome=denied&page_size=100")
      #expect(denials.count == LoginThrottle.allowance + 2)
    }
  }

  @Test func aDatabaseThatFailsIsNoRefusalOfTheToken() async throws {
    try await TestPlane.run { plane in
      let holder = try await plane.makeToken(try await plane.makeProject())
      plane.faults.fail(with: .unavailable(reason: "the disk is full"))
      #expect(await ask(plane, "GET", "/self", holder.secret).status == 503)
      plane.faults.fail(with: nil)
      #expect(await ask(plane, "GET", "/self", holder.secret).status == 200)
    }
  }
}
