import ProxyConfig
import ProxyCore
import ProxyPipeline
import ProxyStore
import Testing

@testable import ProxyManagement

@Suite struct LiveRouteTests {
  /// A server without a pipeline that has seen what a test says.
  private struct FakeServer: LiveServer {
    var serving: ServingGeneration? { nil }
    let configuration: Configuration
    let journal = ExchangeJournal()
    let servingSince: Int64 = 0
    func offers(_ command: String) -> Bool { false }
    func run(_ command: String, json: String) async throws -> [String] { [] }
    func traffic() async -> TrafficFigures { TrafficFigures() }
    func probe(_ probe: ProviderProbe) async -> ProviderProbe.Result {
      .init(
        status: probe.model == nil ? 200 : 401, milliseconds: 1.5,
        body: Array(#"{"error":{"message":"bad sk-0123456789abcdef0123"}}"#.utf8))
    }
  }

  private func run(_ body: (TestPlane, FakeServer) async throws -> Void) async throws {
    let configuration = try Configuration.load(
      flags: ServerFlags(), environment: Environment(["MANAGEMENT_TOKEN": TestPlane.token]))
    let server = FakeServer(configuration: configuration)
    try await TestPlane.run(server: server) { plane in try await body(plane, server) }
  }

  private func push(
    _ server: FakeServer, _ id: String, _ status: UInt16 = 200, path: String = "/v1/models",
    model: String? = nil, milliseconds: Int64 = 1
  ) {
    var entry = UsageEntry(token: nil, requestID: id, startedMilliseconds: 0)
    entry.status = status
    entry.model = model
    entry.durationMicroseconds = milliseconds * 1000
    server.journal.push(ExchangeRecord(entry: entry, method: "GET", path: path, clientAddress: "192.0.2.9"))
  }

  private func ids(_ answer: Answer) -> [String] {
    answer.json.elements.map { $0["request_id"]?.string ?? "" }
  }

  @Test func exchangesAreListedNewestFirstAndPaged() async throws {
    try await run { plane, server in
      for number in 1...5 { push(server, "r\(number)") }
      let first = await plane.send("GET", "/manage/exchanges?limit=2")
      #expect(ids(first) == ["r5", "r4"])
      let next = try #require(first.header("X-Next-After"))
      push(server, "r6")
      let second = await plane.send("GET", "/manage/exchanges?limit=2&after=\(next)")
      #expect(ids(second) == ["r3", "r2"])
      let last = await plane.send(
        "GET", "/manage/exchanges?limit=2&after=\(second.header("X-Next-After") ?? "")")
      #expect(ids(last) == ["r1"] && last.header("X-Next-After") == nil)
    }
  }

  @Test(arguments: [
    ("status=4xx", ["missing"]), ("status=200", ["slow", "chat"]), ("min_ms=100", ["slow"]),
    ("path=/v1/chat", ["chat"]),
    ("model=gpt-4o", ["chat"]), ("search=GPT", ["chat"]), ("search=404", ["missing"]), ("project_id=x", []),
  ])
  func exchangesAreFiltered(query: String, found: [String]) async throws {
    try await run { plane, server in
      push(server, "chat", path: "/v1/chat/completions", model: "gpt-4o")
      push(server, "missing", 404)
      push(server, "slow", milliseconds: 150)
      #expect(ids(await plane.send("GET", "/manage/exchanges?\(query)")) == found)
    }
  }

  @Test(arguments: ["status=9xx", "status=abc", "min_ms=-1", "min_ms=x", "after=x", "limit=0"])
  func aQueryThatMeansNothingIsRefused(query: String) async throws {
    try await run { plane, _ in
      #expect(await plane.send("GET", "/manage/exchanges?\(query)").status == 400)
    }
  }

  @Test func oneExchangeIsShownAndAnUnknownOneIsNot() async throws {
    try await run { plane, server in
      push(server, "a/b c")
      let shown = await plane.send("GET", "/manage/exchanges/a%2Fb%20c")
      #expect(shown.status == 200 && shown.string("request_id") == "a/b c")
      #expect(shown.names.contains("waterfall") && shown.names.contains("refusal"))
      let missing = await plane.send("GET", "/manage/exchanges/zzz")
      #expect(missing.status == 404 && missing.string("code") == "exchange_not_found")
    }
  }

  @Test(arguments: ["15m", "1h", "24h", "7d", "30d"])
  func theOverviewHasAPointForEveryStep(range: String) async throws {
    try await run { plane, _ in
      let answer = await plane.send("GET", "/manage/overview?range=\(range)")
      #expect(answer.status == 200)
      #expect(
        answer.names == [
          "range", "step_seconds", "now", "health", "totals", "in_flight", "latency_ms", "series",
          "top_projects",
          "top_models", "recent_changes", "process", "counts",
        ])
      let count = answer.json["series"]?.elements.count ?? 0
      #expect((24...181).contains(count), "\(count)")
    }
  }

  @Test func anUnknownRangeIsRefused() async throws {
    try await run { plane, _ in
      let answer = await plane.send("GET", "/manage/overview?range=2y")
      #expect(answer.status == 400 && answer.error.contains("15m"))
    }
  }

  @Test func theOverviewTellsOfChangesAndNotOfLooks() async throws {
    try await run { plane, _ in
      let project = try await plane.makeProject()
      _ = await plane.send("GET", "/manage/projects")
      let changes = await plane.send("GET", "/manage/overview").json["recent_changes"]?.elements ?? []
      #expect(changes.map { $0["action"]?.string } == ["project.create"])
      #expect(changes.first?["project_id"]?.string == project)
    }
  }

  @Test func aProviderIsTestedAndItsKeyStaysHidden() async throws {
    try await run { plane, _ in
      let good = await plane.send("POST", "/manage/providers/openai/test", [:])
      #expect(good.names == ["ok", "status", "latency_ms", "message"] && good.json["ok"] == .bool(true))
      let bad = await plane.send("POST", "/manage/providers/openai/test", ["model": "m"])
      #expect(bad.json["ok"] == .bool(false) && bad.string("message") == "bad sk-****")
      #expect(await plane.send("POST", "/manage/providers/none/test", [:]).status == 404)
      #expect(await plane.send("POST", "/manage/providers/openai/test", ["project_id": "x"]).status == 404)
      #expect(
        await plane.send("POST", "/manage/providers/openai/test", ["x": "y"]).string("code")
          == "unknown_field")
    }
  }

  @Test func settingsAreShownWithTheirOriginAndSecretsAsDots() async throws {
    try await run { plane, _ in
      let answer = await plane.send("GET", "/manage/config")
      #expect(answer.status == 200 && !answer.text.contains(TestPlane.token))
      let settings = answer.json["settings"]?.elements ?? []
      let token = try #require(settings.first { $0["key"]?.string == "MANAGEMENT_TOKEN" })
      #expect(token["value"]?.string == "••••" && token["source"]?.string == "environment")
      let listen = try #require(settings.first { $0["key"]?.string == "listen" })
      #expect(listen["source"]?.string == "default" && listen["variable"]?.string == "LISTEN_ADDR")
      #expect(settings.allSatisfy { $0["meaning"] != .null || $0["key"]?.string == "configuration file" })
    }
  }

  @Test func eventsGreetAndEndWithTheServer() async throws {
    try await run { plane, _ in
      plane.endStreams()
      let refused = await plane.send("GET", "/manage/events")
      #expect(refused.status == 503 && refused.string("code") == "too_many_listeners")
    }
  }
}
