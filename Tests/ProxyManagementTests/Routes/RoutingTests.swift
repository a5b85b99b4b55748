import ProxyCore
import ProxyStore
import Testing

@testable import ProxyManagement

@Suite struct RoutingTests {
  @Test func unknownPathsAnswerAsServeMuxDoes() async throws {
    try await TestPlane.run { plane in
      for path in ["/", "/x", "/ready/x", "/health/", "/metrics/", "/manage2", "/admin2"] {
        let answer = await plane.raw("GET", path)
        #expect(answer.status == 404)
        #expect(answer.text == "404 page not found\n")
        #expect(answer.header("Content-Type") == "text/plain; charset=utf-8")
        #expect(answer.header("X-Content-Type-Options") == "nosniff")
      }
    }
  }

  @Test func unknownPathsBelowManageAnswerJSON() async throws {
    try await TestPlane.run { plane in
      for path in [
        "/manage", "/manage/", "/manage/cache", "/manage/x", "/manage/cache/purge/", "/manage/%70rojects",
      ] {
        let answer = await plane.raw("GET", path)
        #expect(answer.status == 404)
        #expect(answer.error == "no such endpoint")
      }
    }
  }

  @Test func nonCanonicalPathsAreSentToTheCleanOne() async throws {
    try await TestPlane.run { plane in
      let answer = await plane.raw("GET", "/manage//projects/../tokens?limit=2")
      #expect(answer.status == 301)
      #expect(answer.header("Location") == "/manage/tokens?limit=2")
      #expect(await plane.raw("POST", "/v1").header("Location") == "/v1/")
    }
  }

  @Test func everyMethodOfAKnownPathIsAnswered() async throws {
    try await TestPlane.run { plane in
      let allowed = [
        "/manage/projects": "GET, POST", "/manage/projects/x": "DELETE, GET, PATCH",
        "/manage/projects/x/tokens/revoke": "DELETE, GET, PATCH, POST", "/manage/tokens": "GET, POST",
        "/manage/tokens/x": "DELETE, GET, PATCH", "/manage/audit": "GET", "/manage/audit/x": "GET",
        "/manage/cache/purge": "POST",
      ]
      for (path, methods) in allowed {
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
        where !methods.contains(method) {
          let answer = await plane.send(method, path)
          #expect(answer.status == 405, "\(method) \(path)")
          #expect(answer.error == "method not allowed")
          // Of the methods that answer there, this address offers one.
          #expect(answer.header("Allow") == (path.hasSuffix("/revoke") ? "POST" : methods))
        }
      }
      #expect(await plane.send("BREW", "/manage/tokens").status == 404)
      #expect(await plane.send("BAD METHOD", "/manage/tokens").status == 501)
    }
  }

  @Test func saneIdsAreEchoedAndOthersReplaced() async throws {
    try await TestPlane.run { plane in
      let sane = [("x-request-id", "req-1.2:3"), ("x-correlation-id", "corr_9")]
      let answer = await plane.raw("GET", "/health", headers: sane)
      #expect(answer.header("X-Request-ID") == "req-1.2:3")
      #expect(answer.header("X-Correlation-ID") == "corr_9")
      for bad in ["", "a b", "a\"b", String(repeating: "x", count: 129), "é", "sk-AbCdEfGhIjKlMnOpQrStUv"] {
        let answer = await plane.raw("GET", "/x", headers: [("x-request-id", bad)])
        let id = try #require(answer.header("X-Request-ID"))
        #expect(id != bad)
        #expect(id.utf8.count == 36)
        #expect(answer.header("X-Correlation-ID")?.utf8.count == 36)
      }
    }
  }

  @Test func framingIsLeftToTheListener() async throws {
    try await TestPlane.run { plane in
      for path in ["/health", "/manage/projects", "/x"] {
        let answer = await plane.send("GET", path)
        for name in ["content-length", "transfer-encoding", "connection", "date"] {
          #expect(answer.header(name) == nil)
        }
      }
      #expect(await plane.send("GET", "/manage/projects").header("Cache-Control") == "no-store")
    }
  }

  @Test func cachePurgeSaysThatCachingIsDisabled() async throws {
    try await TestPlane.run { plane in
      for body in [#"{"method":"GET","url":"http://[::1"}"#, "not json", ""] {
        let answer = await plane.send("POST", "/manage/cache/purge", text: body)
        #expect(answer.status == 400)
        #expect(answer.error == "caching is disabled")
      }
      let event = try await plane.events("action=cache.purge").first
      #expect(event?["outcome"] == "failure")
    }
  }

  @Test func failuresOfTheStoreSayWhatFailedAndNotWhy() async throws {
    try await TestPlane.run { plane in
      let id = try await plane.makeProject()
      let token = try await plane.makeToken(id)
      let requests: [(String, String, JSONValue?, String)] = [
        ("GET", "/manage/projects", nil, "failed to list projects"),
        ("POST", "/manage/projects", ["name": "n", "api_key": "k"], "failed to create project"),
        ("DELETE", "/manage/projects/\(id)", nil, "failed to delete project"),
        ("POST", "/manage/projects/\(id)/tokens/revoke", nil, "failed to get project tokens"),
        ("GET", "/manage/tokens", nil, "failed to list tokens"),
        (
          "POST", "/manage/tokens", ["project_id": .string(id), "duration_minutes": .integer(1)],
          "failed to store token"
        ),
        ("DELETE", "/manage/tokens/\(token.id)", nil, "failed to revoke token"),
        ("GET", "/manage/audit", nil, "failed to list audit events"),
        ("GET", "/manage/audit/x", nil, "failed to get audit event"),
      ]
      plane.faults.fail(with: .unusable("SECRET PATH"))
      for (method, path, body, message) in requests {
        let answer = await plane.send(method, path, body)
        #expect(answer.status == 500, "\(method) \(path)")
        #expect(answer.error == message)
      }
      plane.faults.fail(with: .unavailable(reason: "SECRET PATH"))
      for (method, path, body, message) in requests {
        let answer = await plane.send(method, path, body)
        #expect(answer.status == 503, "\(method) \(path)")
        #expect(answer.error == message + ": the database is unavailable")
        #expect(answer.header("Retry-After") == "1")
      }
      plane.faults.fail(with: nil)
      #expect(try await plane.events("outcome=error").count == 2 * requests.count)
    }
  }

  @Test func pathsOfMetricsThatCannotBeAreRefused() async throws {
    for path in [
      "", "metrics", "/", "/metrics/", "/health", "/manage/m", "/v1/m", "/a//b", "/:x", "/a*", "/a?b", "/a b",
    ] {
      await #expect(throws: ConfigurationError.self) {
        try await TestPlane.run(with: { $0.metrics.path = path }) { _ in }
      }
    }
    await #expect(throws: ConfigurationError.self) {
      try await TestPlane.run(with: { $0.token = Secret("") }) { _ in }
    }
  }
}
