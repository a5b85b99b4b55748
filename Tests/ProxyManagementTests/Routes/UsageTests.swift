import ProxyCore
import ProxyStore
import Testing

@testable import ProxyManagement

@Suite struct UsageRouteTests {
  /// Two models of one token, and a project whose name is a formula.
  private func fill(_ plane: TestPlane) async throws -> (project: String, token: String) {
    let project = try await plane.makeProject("=cmd|' /C calc'!A0")
    let made = await plane.send(
      "POST", "/manage/tokens",
      ["project_id": .string(project), "duration_minutes": .integer(60), "label": "a \"b\", c"])
    let token = try #require(made.string("token").withToken(plane.store))
    for index in 0..<6 {
      var entry = UsageEntry(
        token: token, requestID: "r\(index)", startedMilliseconds: Clocks.unixMilliseconds())
      entry.model = index < 4 ? "gpt-4o" : "+SUM(1)\n"
      entry.api = "openai"
      entry.status = index == 5 ? 429 : 200
      entry.outcome = .completed
      entry.counts = UsageCounts(input: 1000, output: 10, cachedInput: 400)
      entry.provenance = index == 3 ? .estimated : .reported
      entry.durationMicroseconds = 1500
      plane.store.usage.record(entry)
    }
    // A management write shares its transaction with what waits.
    _ = await plane.send("PATCH", "/manage/projects/\(project)", ["is_active": .bool(true)])
    return (project, made.string("id"))
  }

  @Test func sumsAreGroupedAndPriced() async throws {
    try await TestPlane.run { plane in
      let (project, token) = try await fill(plane)
      let answer = await plane.send("GET", "/manage/usage?group_by=token,model&project_id=\(project)")
      #expect(answer.status == 200 && answer.names == ["usage", "totals", "currency", "next"])
      let rows = answer.json["usage"]?.elements ?? []
      #expect(
        rows.first?.names == [
          "token_id", "token_label", "model", "requests", "errors", "input_tokens", "output_tokens",
          "cached_input_tokens", "reasoning_tokens", "total_tokens", "cost_micros", "latency_ms_avg",
          "estimated_requests", "unpriced_requests", "charged_micros",
        ])
      #expect(rows.map { $0["model"] } == ["+SUM(1)\n", "gpt-4o"])
      #expect(rows.map { $0["cost_micros"] } == [.null, .integer(8400)])
      #expect(rows.map { $0["token_id"] } == [.string(token), .string(token)])
      #expect(answer.json["totals"]?["requests"] == .integer(6))
      #expect(answer.json["totals"]?["errors"] == .integer(1))
      #expect(answer.json["totals"]?["estimated_requests"] == .integer(1))
      #expect(answer.json["totals"]?["latency_ms_avg"] == .number("1.5"))
    }
  }

  @Test func pagesFollowTheLink() async throws {
    try await TestPlane.run { plane in
      _ = try await fill(plane)
      let first = await plane.send("GET", "/manage/usage?group_by=model&limit=1")
      let next = try #require(first.header("X-Next-After"))
      #expect(first.json["next"] == .string(next))
      #expect(first.header("Link") == "</manage/usage?group_by=model&limit=1&after=\(next)>; rel=\"next\"")
      let second = await plane.send("GET", "/manage/usage?group_by=model&limit=1&after=\(next)")
      #expect(second.json["usage"]?.elements.map { $0["model"] } == ["gpt-4o"])
      #expect(second.json["next"] == .null && second.header("Link") == nil)
      let entries = await plane.send("GET", "/manage/usage/entries?limit=4")
      let after = try #require(entries.header("X-Next-After"))
      let rest = await plane.send("GET", "/manage/usage/entries?limit=4&after=\(after)")
      #expect(entries.json.elements.count == 4 && rest.json.elements.count == 2)
    }
  }

  @Test func tablesAreQuotedAndRunNoFormulas() async throws {
    try await TestPlane.run { plane in
      _ = try await fill(plane)
      let answer = await plane.send("GET", "/manage/usage?group_by=project,token,model&format=csv")
      #expect(answer.header("Content-Type") == "text/csv; charset=utf-8")
      #expect(answer.header("Content-Disposition") == "attachment; filename=\"usage.csv\"")
      let lines = answer.text.split(separator: "\r\n", omittingEmptySubsequences: false)
      #expect(
        lines[0].hasPrefix(
          "\"project_id\",\"project_name\",\"token_id\",\"token_label\",\"model\",\"requests\""))
      #expect(lines.count == 4 && lines[3].isEmpty)
      #expect(lines[1].contains("\"'=cmd|' /C calc'!A0\""))
      #expect(lines[1].contains("\"a \"\"b\"\", c\",\"'+SUM(1)\n\",2,"))
      let accepted = await plane.send("GET", "/manage/usage/entries", headers: [("accept", "text/csv;q=1")])
      #expect(accepted.text.split(separator: "\r\n").count == 7)
      let empty = await plane.send("GET", "/manage/usage?group_by=day&model=none&format=csv")
      #expect(empty.text.hasPrefix("\"day\",\"requests\"") && empty.text.hasSuffix("\"charged_micros\"\r\n"))
    }
  }

  @Test(arguments: [
    "usage?group_by=week", "usage?group_by=day,day", "usage?group_by=day,hour,model,token", "usage?group_by=",
    "usage?from=yesterday", "usage?from=2026-01-02&to=2026-01-01", "usage?limit=0", "usage?after=zz",
    "usage?status=404", "usage?status=9xx", "usage?format=xml", "usage/entries?status=abc",
    "usage/entries?outcome=won", "usage/entries?after=00", "usage/entries?to=1969-12-31",
  ])
  func badQuestionsAreRefused(_ target: String) async throws {
    try await TestPlane.run { plane in
      let answer = await plane.send("GET", "/manage/" + target)
      #expect(answer.status == (target.hasSuffix("group_by=") ? 200 : 400))
      if answer.status == 400 { #expect(!answer.error.isEmpty && answer.string("code") == "invalid_request") }
    }
  }

  @Test func entriesAreFilteredByStatusAndOutcome() async throws {
    try await TestPlane.run { plane in
      let (_, token) = try await fill(plane)
      let failed = await plane.send(
        "GET", "/manage/usage/entries?status=4xx&outcome=completed&token_id=\(token)")
      #expect(failed.json.elements.map { $0["request_id"] } == ["r5"])
      #expect(failed.json.elements.first?["status"] == .integer(429))
      #expect(await plane.send("GET", "/manage/usage/entries?outcome=refused").json == [])
    }
  }

  @Test func pricesAreShownAsWritten() async throws {
    try await TestPlane.run { plane in
      let answer = await plane.send("GET", "/manage/prices")
      #expect(answer.names == ["currency", "built_in_as_of", "reserved_output_tokens", "models"])
      let mini = answer.json["models"]?.elements.first { $0["match"] == "gpt-4o-mini" }
      #expect(mini?["input_per_million"] == .number("0.15"))
      #expect(mini?["cached_input_per_million"] == .number("0.075"))
      #expect(mini?["built_in"] == .bool(true))
    }
  }

  @Test func budgetsAreSetShownAndCleared() async throws {
    try await TestPlane.run { plane in
      let project = try await plane.makeProject()
      let path = "/manage/projects/\(project)"
      #expect(await plane.send("GET", path).json["budget"] == .null)
      let set = await plane.send(
        "PATCH", path, ["budget": ["day_micros": .integer(5), "total_micros": .null]])
      #expect(
        set.json["budget"]?["day_micros"] == .integer(5) && set.json["budget"]?["month_micros"] == nil)
      #expect(set.json["budget"]?["spent"]?["total_micros"] == .integer(0))
      // What was shown may be sent back.
      let again = await plane.send("PATCH", path, ["budget": set.json["budget"] ?? .null])
      #expect(again.status == 200 && again.json["budget"] == set.json["budget"])
      #expect(await plane.send("PATCH", path, ["budget": .null]).json["budget"] == .null)
      let made = await plane.send(
        "POST", "/manage/tokens",
        [
          "project_id": .string(project), "duration_minutes": .integer(5),
          "budget": ["month_micros": .integer(7)],
        ])
      #expect(made.json["budget"]?["month_micros"] == .integer(7))
      let token = "/manage/tokens/\(made.string("id"))"
      let tag = try #require(made.header("ETag"))
      #expect(await plane.send("PATCH", token, ["budget": ["day_micros": .integer(1)]]).header("ETag") != tag)
    }
  }

  @Test(arguments: [
    (#"{"budget":5}"#, "invalid_request_body"), (#"{"budget":{"week_micros":1}}"#, "unknown_field"),
    (#"{"budget":{"day_micros":-1}}"#, "invalid_request"),
    (#"{"budget":{"day_micros":1.5}}"#, "invalid_request"),
    (#"{"budget":{"day_micros":"1"}}"#, "invalid_request"), (#"{"budget":[]}"#, "invalid_request_body"),
    (#"{"budget":{"total_micros":9223372036854775807}}"#, "invalid_request"),
  ])
  func wrongBudgetsAreRefused(_ body: String, _ code: String) async throws {
    try await TestPlane.run { plane in
      let project = try await plane.makeProject()
      let answer = await plane.send("PATCH", "/manage/projects/\(project)", text: body)
      #expect(answer.status == 400 && answer.string("code") == code)
      #expect(answer.error.contains("budget"))
    }
  }
}

extension String {
  /// The access token of this secret in the directory.
  fileprivate func withToken(_ store: Store) -> AccessToken? {
    Array(utf8).withUnsafeBytes { store.directory.token(presented: $0) }
  }
}
