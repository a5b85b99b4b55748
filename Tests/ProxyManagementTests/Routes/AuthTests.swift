import Testing

@testable import ProxyManagement

@Suite struct AuthTests {
  @Test(arguments: ["bearer", "BEARER", "Bearer", "Bearer  "])
  func theSchemeMatchesWhateverItsCase(_ scheme: String) async throws {
    try await TestPlane.run { plane in
      let fields = [("authorization", "\(scheme) \(TestPlane.token)")]
      #expect(await plane.raw("GET", "/manage/projects", headers: fields).status == 200)
    }
  }

  @Test func missingOrMalformedCredentialsAreRefused() async throws {
    try await TestPlane.run { plane in
      let right = "Bearer \(TestPlane.token)"
      let cases: [[(String, String)]] = [
        [], [("authorization", "")], [("authorization", "Bearer")], [("authorization", "Bearer ")],
        [("authorization", "Basic \(TestPlane.token)")], [("authorization", TestPlane.token)],
        [("authorization", right), ("authorization", right)], [("x-api-key", TestPlane.token)],
      ]
      for headers in cases {
        let answer = await plane.raw("GET", "/manage/tokens", headers: headers)
        #expect(answer.status == 401)
        #expect(answer.error == "missing or invalid Authorization header")
        #expect(answer.header("WWW-Authenticate")?.hasPrefix("Bearer") == true)
      }
    }
  }

  @Test func aWrongTokenIsRefused() async throws {
    try await TestPlane.run { plane in
      let token = TestPlane.token
      for wrong in ["wrong", token + "x", String(token.dropLast()), token.uppercased(), token + " x"] {
        let answer = await plane.raw(
          "GET", "/manage/projects", headers: [("authorization", "Bearer \(wrong)")])
        #expect(answer.status == 401)
        #expect(answer.error == "invalid management token")
      }
    }
  }

  @Test(arguments: [
    ("GET", "/manage/projects"), ("POST", "/manage/projects"), ("PUT", "/manage/projects"),
    ("OPTIONS", "/manage/projects"),
    ("GET", "/manage/projects/"), ("GET", "/manage/projects/x"), ("DELETE", "/manage/projects/x"),
    ("POST", "/manage/projects/x/tokens/revoke"), ("GET", "/manage/tokens"), ("PATCH", "/manage/tokens/x"),
    ("GET", "/manage/audit"), ("GET", "/manage/audit/x"), ("POST", "/manage/cache/purge"),
    ("GET", "/manage/cache/purge"),
  ])
  func nothingIsSaidBeforeTheCredentials(_ method: String, _ path: String) async throws {
    try await TestPlane.run { plane in
      #expect(await plane.raw(method, path).status == 401)
    }
  }

  @Test func guessingIsThrottledPerAddressAndTheRightTokenNever() async throws {
    try await TestPlane.run { plane in
      let guess = [("authorization", "Bearer guess")]
      for _ in 0..<LoginThrottle.allowance {
        #expect(await plane.raw("GET", "/manage/projects", headers: guess).status == 401)
      }
      // What a request without credentials says about its address changes nothing.
      let answer = await plane.raw(
        "GET", "/manage/projects", headers: guess + [("x-forwarded-for", "203.0.113.99")])
      #expect(answer.status == 429)
      #expect(answer.error.contains("failed logins"))
      let seconds = try #require(answer.header("Retry-After").flatMap { Int($0) })
      #expect((1...60).contains(seconds))
      #expect(await plane.send("GET", "/manage/projects").status == 200)
      #expect(await plane.raw("GET", "/manage/projects", headers: guess, peer: "192.0.2.2").status == 401)
      #expect(await plane.raw("GET", "/manage/projects").status == 401)
    }
  }

  @Test func failedLoginsAreAuditedWithoutTheGuess() async throws {
    try await TestPlane.run { plane in
      for _ in 0..<30 {
        _ = await plane.raw(
          "GET", "/manage/projects",
          headers: [
            ("authorization", "Bearer guessed-password"), ("x-forwarded-for", "203.0.113.99"),
            ("user-agent", "curl/8"),
          ])
      }
      let events = try await plane.events("action=admin.login&page_size=100")
      #expect(events.count == LoginThrottle.allowance + 1)
      let event = try #require(events.last)
      #expect(event["outcome"] == "denied")
      #expect(event["actor"] == "anonymous")
      #expect(event["client_ip"] == "192.0.2.1")
      #expect(event["reason"] == "invalid management token")
      #expect(event["user_agent"] == "curl/8")
      #expect(events.first?["reason"]?.string?.contains("too many") == true)
      #expect(!events.contains { $0.text.contains("guessed-password") })
    }
  }
}
