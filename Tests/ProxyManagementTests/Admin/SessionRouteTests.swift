import Foundation
import ProxyConfig
import ProxyCore
import Synchronization
import Testing

@testable import ProxyManagement

@Suite struct SessionRouteTests {
  private static let json = ("content-type", "application/json")

  /// A clock that a test moves.
  private final class Clock: Sendable {
    let second = Mutex<Int64>(1_000)
    func pass(_ seconds: Int64) { second.withLock { $0 += seconds } }
  }

  private func run(_ clock: Clock = Clock(), _ body: (TestPlane) async throws -> Void) async throws {
    try await TestPlane.run(
      with: { settings in
        settings.admin.administrator = .init(user: "alice", password: Secret("correct horse"))
        settings.admin.viewer = .init(user: "victor", password: Secret("battery staple"))
        settings.clock = { clock.second.withLock { $0 } }
      }, body)
  }

  private func signIn(
    _ plane: TestPlane, _ document: JSONValue = ["username": "alice", "password": "correct horse"],
    peer: String = "192.0.2.1"
  ) async throws -> (cookie: (String, String), csrf: (String, String), answer: Answer) {
    let answer = await plane.raw(
      "POST", "/admin/session", headers: [Self.json], body: document.bytes, peer: peer)
    try #require(answer.status == 200, "\(answer.text)")
    let cookie = try #require(answer.header("Set-Cookie")?.split(separator: ";").first)
    return (("cookie", String(cookie)), ("x-csrf-token", answer.string("csrf_token")), answer)
  }

  @Test func aSessionBeginsWorksAndEnds() async throws {
    try await run { plane in
      let (cookie, csrf, answer) = try await signIn(plane)
      #expect(answer.names == ["user", "role", "csrf_token", "expires_at"])
      #expect(answer.string("user") == "alice" && answer.string("role") == "admin")
      #expect(answer.header("Cache-Control") == "no-store")
      let set = try #require(answer.header("Set-Cookie"))
      for attribute in ["HttpOnly", "SameSite=Strict", "Path=/"] { #expect(set.contains(attribute)) }
      #expect(!set.contains("Secure") && !answer.text.contains(TestPlane.token))

      #expect(await plane.raw("GET", "/admin/session", headers: [cookie]).string("user") == "alice")
      #expect(await plane.raw("GET", "/manage/projects", headers: [cookie]).status == 200)
      let made = await plane.raw(
        "POST", "/manage/projects", headers: [cookie, csrf], body: Array(#"{"name":"p","api_key":"k"}"#.utf8))
      #expect(made.status == 201)

      let gone = await plane.raw("DELETE", "/admin/session", headers: [cookie, csrf])
      #expect(gone.status == 204)
      #expect(gone.header("Set-Cookie")?.contains("Max-Age=0") == true)
      #expect(await plane.raw("GET", "/admin/session", headers: [cookie]).status == 401)
      let after = await plane.raw("GET", "/manage/projects", headers: [cookie])
      #expect(after.status == 401 && after.string("code") == "no_session")
      let actions = try await plane.events("actor=admin:alice").map { $0["action"]?.string ?? "" }
      #expect(actions == ["admin.logout", "project.create", "project.list", "admin.login"])
    }
  }

  @Test func theManagementTokenSignsInAndIsNeverSentBack() async throws {
    try await run { plane in
      let (_, _, answer) = try await signIn(plane, ["management_token": .string(TestPlane.token)])
      #expect(answer.string("role") == "admin" && answer.string("user") == "management-token")
      #expect(!"\(answer)".contains(TestPlane.token))
    }
  }

  @Test func writesNeedTheTokenAgainstForgedRequests() async throws {
    try await run { plane in
      let (cookie, csrf, _) = try await signIn(plane)
      for headers in [[cookie], [cookie, ("x-csrf-token", "wrong")]] {
        let answer = await plane.raw("POST", "/manage/projects", headers: headers, body: Array("{}".utf8))
        #expect(answer.status == 403 && answer.string("code") == "csrf_token_mismatch")
        #expect(await plane.raw("DELETE", "/admin/session", headers: headers).status == 403)
      }
      let forged = await plane.raw(
        "POST", "/manage/projects", headers: [cookie, csrf, ("sec-fetch-site", "cross-site")],
        body: Array("{}".utf8))
      #expect(forged.status == 403 && forged.string("code") == "cross_site_request")
    }
  }

  @Test func aViewerLooksAndDoesNotTouch() async throws {
    try await run { plane in
      let (cookie, csrf, answer) = try await signIn(
        plane, ["username": "victor", "password": "battery staple"])
      #expect(answer.string("role") == "viewer")
      #expect(await plane.raw("GET", "/manage/tokens", headers: [cookie]).status == 200)
      for (method, path) in [
        ("POST", "/manage/projects"), ("PATCH", "/manage/projects/x"), ("DELETE", "/manage/tokens/x"),
      ] {
        let refused = await plane.raw(method, path, headers: [cookie, csrf], body: Array("{}".utf8))
        #expect(refused.status == 403 && refused.string("code") == "forbidden_role", "\(method)")
      }
      let basic = ("authorization", "Basic " + Data("victor:battery staple".utf8).base64EncodedString())
      #expect(await plane.raw("GET", "/manage/projects", headers: [basic]).status == 200)
      #expect(await plane.raw("POST", "/manage/projects", headers: [basic]).status == 403)
    }
  }

  @Test func scriptsMaySendNameAndPassword() async throws {
    try await run { plane in
      let right = ("authorization", "Basic " + Data("alice:correct horse".utf8).base64EncodedString())
      let wrong = ("authorization", "Basic " + Data("alice:correct".utf8).base64EncodedString())
      #expect(await plane.raw("GET", "/manage/projects", headers: [right]).status == 200)
      let refused = await plane.raw("GET", "/manage/projects", headers: [wrong])
      #expect(refused.status == 401 && refused.string("code") == "invalid_credentials")
      let site = ("sec-fetch-site", "same-site")
      #expect(await plane.raw("POST", "/manage/projects", headers: [right, site]).status == 403)
    }
  }

  @Test(arguments: [
    ("http://proxy.example:8080", true), ("https://PROXY.example:8080", true),
    ("https://front.example", true),
    ("http://evil.example", false), ("http://proxy.example", false), ("null", false), ("", false),
  ])
  func aBrowserWithoutFetchMetadataIsKnownByItsOrigin(origin: String, isOwn: Bool) async throws {
    try await run { plane in
      let right = ("authorization", "Basic " + Data("alice:correct horse".utf8).base64EncodedString())
      let headers = [
        right, ("host", "proxy.example:8080"), ("x-forwarded-host", "front.example"), ("origin", origin),
        ("content-type", "text/plain"),
      ]
      let answer = await plane.raw("POST", "/manage/projects", headers: headers, body: Array("{}".utf8))
      #expect(answer.status == (isOwn ? 400 : 403), "\(answer.text)")
    }
  }

  @Test func theManagementTokenSignsInWhateverOthersHaveGuessed() async throws {
    try await run { plane in
      for _ in 0...LoginThrottle.allowance {
        _ = await plane.raw(
          "POST", "/admin/session", headers: [Self.json],
          body: Array(#"{"username":"alice","password":"wrong"}"#.utf8))
      }
      let trick = #"{"username":"alice","password":"correct horse","management_token":null}"#
      let refused = await plane.raw("POST", "/admin/session", headers: [Self.json], body: Array(trick.utf8))
      #expect(refused.status == 429)
      let body: JSONValue = ["management_token": .string(TestPlane.token)]
      #expect(await plane.raw("POST", "/admin/session", headers: [Self.json], body: body.bytes).status == 200)
    }
  }

  @Test(arguments: [
    #"{"username":"alice","password":"wrong"}"#, #"{"username":"bob","password":"correct horse"}"#,
    #"{"username":"victor","password":"correct horse"}"#, #"{"management_token":"wrong"}"#,
    #"{"username":"","password":""}"#,
  ])
  func wrongCredentialsAreRefusedInTheSameWords(body: String) async throws {
    try await run { plane in
      let answer = await plane.raw("POST", "/admin/session", headers: [Self.json], body: Array(body.utf8))
      #expect(answer.status == 401 && answer.string("code") == "invalid_credentials")
      #expect(answer.header("Set-Cookie") == nil)
      let event = try #require(try await plane.events("action=admin.login&outcome=denied").first)
      #expect(event["actor"]?.string == "anonymous")
    }
  }

  @Test func guessingIsSlowedDownEverywhereAndForTheRightPasswordToo() async throws {
    let clock = Clock()
    try await run(clock) { plane in
      for _ in 0..<LoginThrottle.allowance {
        let answer = await plane.raw(
          "POST", "/admin/session", headers: [Self.json],
          body: Array(#"{"username":"alice","password":"guess"}"#.utf8))
        #expect(answer.status == 401)
      }
      let right = Array(#"{"username":"alice","password":"correct horse"}"#.utf8)
      let refused = await plane.raw("POST", "/admin/session", headers: [Self.json], body: right)
      #expect(refused.status == 429 && refused.string("code") == "too_many_failed_logins")
      #expect(refused.header("Retry-After") != nil)
      let basic = ("authorization", "Basic " + Data("alice:correct horse".utf8).base64EncodedString())
      #expect(await plane.raw("GET", "/manage/projects", headers: [basic]).status == 429)
      // Another address, the management token and an hour later are not concerned.
      #expect(await plane.send("GET", "/manage/projects").status == 200)
      _ = try await signIn(plane, peer: "192.0.2.2")
      clock.pass(LoginThrottle.windowSeconds)
      _ = try await signIn(plane)
    }
  }

  @Test func aSessionEndsByItself() async throws {
    let clock = Clock()
    try await run(clock) { plane in
      let (cookie, _, _) = try await signIn(plane)
      clock.pass(30 * 60 - 1)
      #expect(
        await plane.raw("GET", "/manage/projects", headers: [cookie, ("x-background", "1")]).status == 200)
      clock.pass(1)
      #expect(await plane.raw("GET", "/manage/projects", headers: [cookie]).status == 401)
    }
  }

  @Test func aFormOfAnotherSiteCannotSignIn() async throws {
    try await run { plane in
      let body = Array(#"{"username":"alice","password":"correct horse"}"#.utf8)
      let form = await plane.raw(
        "POST", "/admin/session", headers: [("content-type", "text/plain")], body: body)
      #expect(form.status == 415 && form.string("code") == "unsupported_media_type")
      let foreign = await plane.raw(
        "POST", "/admin/session", headers: [Self.json, ("sec-fetch-site", "cross-site")], body: body)
      #expect(foreign.status == 403)
    }
  }

  @Test func theCookieIsSecureOverTLS() async throws {
    let request = ControlRequest(method: "POST", path: "/admin/session", isTLS: true)
    #expect(AdminSessions.setCookie("a", for: request).1.hasSuffix("; Secure"))
    let behind = ControlRequest(
      method: "POST", path: "/admin/session", headers: [("x-forwarded-proto", "https")])
    #expect(AdminSessions.setCookie("a", for: behind).1.hasSuffix("; Secure"))
  }

  @Test(arguments: [
    "", "llmproxy_session=", "llmproxy_session=abc",
    "x=1; llmproxy_session=" + String(repeating: "z", count: 64),
  ])
  func aCookieOfAnotherFormIsNone(cookie: String) async throws {
    try await run { plane in
      let answer = await plane.raw("GET", "/manage/projects", headers: [("cookie", cookie)])
      #expect(answer.status == 401 && answer.string("code") == "missing_credentials")
      #expect(await plane.raw("GET", "/admin/session", headers: [("cookie", cookie)]).status == 401)
    }
  }
}
