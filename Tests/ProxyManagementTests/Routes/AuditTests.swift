import Foundation
import ProxyStore
import Testing

@testable import ProxyManagement

@Suite struct AuditTests {
  @Test func theTrailIsNeverNullAndItsPagesCount() async throws {
    try await TestPlane.run { plane in
      let empty = await plane.send("GET", "/manage/audit?action=nothing")
      #expect(
        empty.text
          == "{\"events\":[],\"pagination\":{\"page\":1,\"page_size\":20,\"total_count\":0,\"total_pages\":0,"
          + "\"has_next\":false,\"has_prev\":false}}\n")
      let one = try await plane.makeProject("one")
      let two = try await plane.makeProject("two")
      func page(_ query: String) async throws -> (ids: [String?], pagination: JSONValue?) {
        let document = await plane.send("GET", "/manage/audit?action=project.create&\(query)").json
        return (document["events"]?.elements.map { $0["project_id"]?.string } ?? [], document["pagination"])
      }
      #expect(try await page("page=1&page_size=1").ids == [two])
      let second = try await page("page=2&page_size=1")
      #expect(second.ids == [one])
      #expect(
        second.pagination == [
          "page": .integer(2), "page_size": .integer(1), "total_count": .integer(2),
          "total_pages": .integer(2),
          "has_next": .bool(false), "has_prev": .bool(true),
        ])
      #expect(try await page("page_size=1000").pagination?["page_size"] == .integer(100))
      #expect(try await page("page=x&page_size=12abc").pagination?["page_size"] == .integer(12))
      #expect(try await page("page=0").ids == [two, one])
      #expect(try await page("page=9223372036854775807").ids == [])
    }
  }

  @Test(arguments: ["page_size=0", "page_size=-1", "start_time=x", "end_time=2020-13-01"])
  func queriesThatCannotBeAreRefused(_ query: String) async throws {
    try await TestPlane.run { plane in
      let answer = await plane.send("GET", "/manage/audit?\(query)")
      #expect(answer.status == 400)
      let field = String(query.prefix { $0 != "=" })
      #expect(answer.error.hasPrefix(field))
    }
  }

  @Test func everyFilterFilters() async throws {
    try await TestPlane.run { plane in
      let headers = [
        ("x-request-id", "r-1"), ("x-correlation-id", "c-1"), ("x-forwarded-for", "203.0.113.7, 10.0.0.1"),
      ]
      let made = await plane.send(
        "POST", "/manage/projects", ["name": "a", "api_key": "k"], headers: headers)
      let id = made.string("id")
      _ = try await plane.makeProject("b")
      for query in [
        "action=project.create&project_id=\(id)", "request_id=r-1", "correlation_id=c-1",
        "client_ip=203.0.113.7",
        "project_id=\(id)&outcome=success", "actor=management_api&request_id=r-1",
        "method=POST&correlation_id=c-1",
        "path=/manage/projects&client_ip=203.0.113.7", "search=r-1", "search=203.0.113.7",
        "request_id=r-1&start_time=2020-01-01T00:00:00Z&end_time=2999-01-01T00:00:00%2B02:00",
      ] {
        let events = try await plane.events(query)
        #expect(events.map { $0["project_id"]?.string } == [id], "\(query)")
      }
      for query in [
        "request_id=r-2", "outcome=denied", "actor=system", "action=project", "search=%25%25x", "method=PUT",
        "start_time=2999-01-01", "end_time=2020-01-01+00:00:00", "path=/manage/project",
      ] {
        #expect(try await plane.events(query).isEmpty, "\(query)")
      }
    }
  }

  @Test func anEventIsShownById() async throws {
    try await TestPlane.run { plane in
      _ = try await plane.makeProject()
      let event = try #require(try await plane.events("action=project.create").first)
      let id = try #require(event["id"]?.string)
      let shown = await plane.send("GET", "/manage/audit/\(id)")
      #expect(shown.json == event)
      #expect(
        event.names == [
          "id", "timestamp", "action", "actor", "project_id", "request_id", "correlation_id", "client_ip",
          "method", "path",
          "outcome", "metadata",
        ])
      let missing = await plane.send("GET", "/manage/audit/nope")
      #expect(missing.status == 404)
      #expect(missing.error == "audit event not found")
      let empty = await plane.send("GET", "/manage/audit/")
      #expect(empty.status == 400)
      #expect(empty.error == "audit event ID is required")
      #expect(try await plane.events("action=audit.show&outcome=success").count == 1)
      #expect(try await plane.events("action=audit.list").isEmpty == false)
    }
  }

  @Test func theAdminUITellsForWhomItActs() async throws {
    try await TestPlane.run { plane in
      _ = await plane.send(
        "POST", "/manage/projects", ["name": "a", "api_key": "k"],
        headers: [
          ("x-forwarded-for", "203.0.113.7, 10.0.0.1"), ("x-forwarded-user-agent", "Browser/1"),
          ("user-agent", "ui/1"),
          ("x-forwarded-referer", "http://a/b"), ("x-admin-origin", "1"),
        ])
      let event = try #require(try await plane.events("action=project.create").first)
      #expect(event["client_ip"] == "203.0.113.7")
      #expect(event["user_agent"] == "Browser/1")
      let metadata = try JSONReader.firstValue(of: Array((event["metadata"]?.string ?? "").utf8))
      #expect(
        metadata == [
          "http_method": "POST", "endpoint": "/manage/projects", "user_agent": "Browser/1",
          "referer": "http://a/b",
          "origin": "admin-ui", "project_name": "a",
        ])
    }
  }

  @Test func addressesThatAreNoneAreNotBelieved() async throws {
    try await TestPlane.run { plane in
      for (header, value) in [
        ("x-forwarded-for", "<script>"), ("x-forwarded-for", ""), ("x-real-ip", "a\tb"),
      ] {
        _ = await plane.send("GET", "/manage/projects", headers: [(header, value)])
      }
      _ = await plane.send("GET", "/manage/projects", headers: [("x-real-ip", "2001:db8::1")])
      let addresses = try await plane.events("action=project.list").map { $0["client_ip"]?.string }
      #expect(addresses == ["2001:db8::1", "192.0.2.1", "192.0.2.1", "192.0.2.1"])
    }
  }

  @Test func everyActionIsRecordedWithItsOutcomeInDatabaseAndFile() async throws {
    try await TestPlane.run { plane in
      let project = try await plane.makeProject()
      let token = try await plane.makeToken(project)
      let steps: [(String, String, JSONValue?, String, String)] = [
        ("GET", "/manage/projects", nil, "project.list", "success"),
        ("GET", "/manage/projects/\(project)", nil, "project.read", "success"),
        ("PATCH", "/manage/projects/\(project)", ["name": "b"], "project.update", "success"),
        ("PATCH", "/manage/projects/\(project)", ["x": "b"], "project.update", "failure"),
        ("POST", "/manage/projects", [:], "project.create", "failure"),
        ("POST", "/manage/tokens", [:], "token.create", "failure"),
        ("GET", "/manage/tokens", nil, "token.list", "success"),
        ("GET", "/manage/tokens/\(token.id)", nil, "token.read", "success"),
        ("GET", "/manage/tokens/nope", nil, "token.read", "failure"),
        ("PATCH", "/manage/tokens/\(token.id)", ["max_requests": .integer(4)], "token.update", "success"),
        ("DELETE", "/manage/tokens/\(token.id)", nil, "token.revoke", "success"),
        ("POST", "/manage/projects/\(project)/tokens/revoke", nil, "token.revoke_batch", "success"),
        ("DELETE", "/manage/projects/\(project)", nil, "project.delete", "success"),
        ("DELETE", "/manage/projects/\(project)", nil, "project.delete", "failure"),
        ("POST", "/manage/cache/purge", nil, "cache.purge", "failure"),
      ]
      for (index, (method, path, body, action, outcome)) in steps.enumerated() {
        _ = await plane.send(method, path, body, headers: [("x-request-id", "step-\(index)")])
        let event = try #require(try await plane.events("request_id=step-\(index)").first)
        #expect(event["action"] == .string(action), "\(method) \(path)")
        #expect(event["outcome"] == .string(outcome), "\(method) \(path)")
        #expect(event["method"] == .string(method))
        #expect(event["path"] == .string(path))
        #expect((event["reason"] != nil) == (outcome != "success"))
      }
      let lines = try await plane.auditLines()
      for (index, step) in steps.enumerated() {
        let line = try #require(lines.first { $0["request_id"] == .string("step-\(index)") })
        #expect(line["action"] == .string(step.3))
        #expect(line["result"] == .string(step.4))
        #expect(line["details"]?["http_method"] == .string(step.0))
        #expect(line["details"]?["endpoint"] == .string(step.1))
        #expect(line["timestamp"]?.string?.hasSuffix("Z") == true)
        #expect((line["details"]?["error"] != nil) == (step.4 != "success"))
      }
      let update = try #require(lines.first { $0["action"] == "token.update" })
      #expect(update["details"]?["updated_max_requests"] == .integer(4))
      #expect(update["details"]?["token_id"] == .string(token.id))
      #expect(update["project_id"] == .string(project))
    }
  }

  @Test func switchesAreHonoured() async throws {
    try await TestPlane.run(with: { $0.storesAuditInDatabase = false }) { plane in
      _ = try await plane.makeProject()
      #expect(try await plane.events("").isEmpty)
      #expect(try await plane.auditLines().contains { $0["action"] == "project.create" })
    }
    try await TestPlane.run(with: { $0.isAuditEnabled = false }) { plane in
      _ = try await plane.makeProject()
      #expect(try await plane.events("").isEmpty)
      #expect(try await plane.auditLines().isEmpty)
    }
  }

  @Test func aRefusalThatCannotBeStoredAtOnceIsStoredLater() async throws {
    try await TestPlane.run { plane in
      plane.faults.failAudit(with: .unavailable(reason: "locked"))
      #expect(await plane.send("DELETE", "/manage/projects/nobody").status == 404)
      #expect(plane.logs.lines.contains { $0.contains("audit event queued") })
      #expect(try await plane.auditLines().contains { $0["action"] == "project.delete" })
      let events = try await plane.events("action=project.delete")
      #expect(events.count == 1)
    }
  }

  @Test func aChangeBringsItsEventAlong() async throws {
    try await TestPlane.run { plane in
      // What is stored apart from the change cannot be stored.
      plane.faults.failAudit(with: .unavailable(reason: "locked"))
      let project = try await plane.makeProject()
      let token = try await plane.makeToken(project)
      let changes: [(String, String, JSONValue?)] = [
        ("PATCH", "/manage/projects/\(project)", ["name": "other"]),
        ("PATCH", "/manage/tokens/\(token.id)", ["label": "other"]),
        ("DELETE", "/manage/tokens/\(token.id)", nil),
        ("POST", "/manage/projects/\(project)/tokens/revoke", nil),
        ("DELETE", "/manage/projects/\(project)", nil),
      ]
      for (method, path, body) in changes {
        #expect(await plane.send(method, path, body).status < 300, "\(method) \(path)")
      }
      let actions = try await plane.events("").map { $0["action"] }
      #expect(
        actions == [
          "project.delete", "token.revoke_batch", "token.revoke", "token.update", "project.update",
          "token.create", "project.create",
        ])
      #expect(!plane.logs.lines.contains { $0.contains("audit event queued") })
    }
  }
}
