import CLLMProxyPlugin
import Testing

@Suite struct CacheTests {
  private static let kept = [("cache-control", "public, max-age=60"), ("content-length", "4")]

  private func stage(_ config: String = "{}", host: FakeHost = FakeHost()) throws -> FakeStage {
    host.clockStep = 1
    let stage = try FakeStage(PluginImage("cache").module, config: config, name: "cache", host: host)
    try stage.start()
    return stage
  }

  private func exchange(
    _ stage: FakeStage, _ method: String = "GET", path: String = "/v1/models", query: String = "",
    project: String = "p1", headers: [(String, String)] = [], body: String = ""
  ) -> FakeExchange {
    let exchange = FakeExchange(stage.host, method: method, path: path, headers: headers)
    exchange.attributes[LLMP_ATTR_QUERY] = Array(query.utf8)
    exchange.texts[LLMP_META_PROJECT_ID] = Array(project.utf8)
    exchange.bodies[LLMP_MAP_REQUEST] = Array(body.utf8)
    return exchange
  }

  /// Runs both request hooks; the verdict of the last that ran.
  private func ask(_ stage: FakeStage, _ exchange: FakeExchange) throws -> llmp_verdict_t {
    let verdict = try stage.requestHeaders(exchange)
    return verdict == LLMP_CONTINUE ? try stage.requestBody(exchange) : verdict
  }

  /// Answers like a provider; true when the answer was kept.
  private func answer(
    _ stage: FakeStage, _ exchange: FakeExchange, status: UInt32 = 200, _ headers: [(String, String)] = kept,
    pieces: [String] = ["bo", "dy"]
  ) throws -> Bool {
    exchange.headers[LLMP_MAP_UPSTREAM_RESPONSE] = headers.map { ($0.0, Array($0.1.utf8)) }
    exchange.facts.http_status = status
    if try stage.responseHeaders(exchange) == LLMP_CONTINUE {
      for piece in pieces where try stage.responseTap(exchange, piece) != LLMP_CONTINUE { return false }
      #expect(try stage.responseEnd(exchange) == LLMP_CONTINUE)
    }
    stage.requestDone(exchange)
    return exchange.texts[LLMP_META_CACHE_STATUS] == Array("stored".utf8)
  }

  private func status(_ exchange: FakeExchange) -> String {
    String(decoding: exchange.texts[LLMP_META_CACHE_STATUS] ?? [], as: UTF8.self)
  }

  @Test func aKeptAnswerIsReplayed() throws {
    let stage = try stage()
    let first = exchange(stage)
    #expect(try ask(stage, first) == LLMP_CONTINUE)
    #expect(status(first) == "miss")
    #expect(try answer(stage, first))
    let second = exchange(stage)
    #expect(try ask(stage, second) == LLMP_REPLAY)
    #expect(second.reply == FakeExchange.Reply(status: 200, body: Array("body".utf8)))
    #expect(status(second) == "hit")
    #expect(second.responseHeader("x-proxy-cache") == ["hit"])
    #expect(second.responseHeader("x-proxy-cache-key") == first.responseHeader("x-proxy-cache-key"))
    #expect(second.responseHeader("content-length").isEmpty)
  }

  @Test func theKeyIsADigestThatDoesNotChange() throws {
    // SHA-256 of the parts, each behind its length; a change here empties nobody's cache but breaks scripts.
    let stage = try stage()
    let keys = try ["/v1/models", String(repeating: "/x", count: 40)].map { path in
      let exchange = exchange(stage, path: path)
      _ = try ask(stage, exchange)
      #expect(try answer(stage, exchange))
      return exchange.responseHeader("x-proxy-cache-key").first ?? ""
    }
    #expect(keys == Self.keys)
  }

  private static let keys = [
    "cb7dcfb7f4955ef3332ce956bb4c77223d953345112d048b1be6772928f0416b",
    "e9ceef9afb095f8084a3885bfd173fe83875ba3b525356fe9b714c8631986ef6",
  ]

  @Test(arguments: [
    ("POST", [("content-length", "2")]), ("POST", [("cache-control", "public, max-age=60")]),
    ("POST", [("cache-control", "max-age=60"), ("content-length", "2")]),
    ("POST", [("cache-control", "public, max-age=0"), ("content-length", "2")]),
    ("POST", [("cache-control", "public, no-store, max-age=60"), ("content-length", "2")]),
    ("POST", [("cache-control", "public, max-age=60"), ("content-length", "1048577")]),
    ("GET", [("range", "bytes=0-1")]), ("GET", [("content-length", "2")]),
    ("GET", [("upgrade", "websocket")]),
    ("DELETE", []),
  ])
  func whatIsNothingForTheCacheIsLetGoAtOnce(_ method: String, _ headers: [(String, String)]) throws {
    let stage = try stage()
    let exchange = exchange(stage, method, headers: headers)
    #expect(try stage.requestHeaders(exchange) == LLMP_DETACH)
    #expect(status(exchange) == "miss")
    #expect(exchange.slot.pointee == nil)
  }

  @Test func anAnswerGrowsOldAndIsOver() throws {
    let stage = try stage()
    let first = exchange(stage)
    _ = try ask(stage, first)
    #expect(try answer(stage, first, Self.kept + [("age", "10")]))
    stage.host.clock.withLock { $0 += 49_000_000_000 }
    let hit = exchange(stage)
    #expect(try ask(stage, hit) == LLMP_REPLAY)
    #expect(hit.responseHeader("age") == ["59"])
    stage.host.clock.withLock { $0 += 1_000_000_000 }
    #expect(try ask(stage, exchange(stage)) == LLMP_CONTINUE)
  }

  @Test func policiesAreInTheKey() throws {
    let stage = try stage()
    func under(_ numbers: UInt64...) -> FakeExchange {
      let exchange = exchange(stage)
      exchange.policies = numbers.map { number in
        var policy = llmp_policy_t()
        policy.struct_size = UInt32(MemoryLayout<llmp_policy_t>.size)
        policy.number = number
        return policy
      }
      return exchange
    }
    let first = under(1, 2)
    _ = try ask(stage, first)
    #expect(try answer(stage, first))
    #expect(try ask(stage, under(1, 2)) == LLMP_REPLAY)
    for other in [under(), under(1), under(2, 1), under(1, 3)] {
      #expect(try ask(stage, other) == LLMP_CONTINUE)
    }
  }

  @Test func anAnswerThatTurnsOutTooLargeIsNotKept() throws {
    let stage = try stage(#"{"max_object_bytes":6}"#)
    let exchange = exchange(stage)
    _ = try ask(stage, exchange)
    let chunked = [("cache-control", "public, max-age=60"), ("transfer-encoding", "chunked")]
    #expect(try !answer(stage, exchange, chunked, pieces: ["1234", "567"]))
  }

  @Test func anAnswerThatBreaksIsNotKept() throws {
    let stage = try stage()
    let broken = exchange(stage)
    _ = try ask(stage, broken)
    broken.headers[LLMP_MAP_UPSTREAM_RESPONSE] = Self.kept.map { ($0.0, Array($0.1.utf8)) }
    broken.facts.http_status = 200
    #expect(try stage.responseHeaders(broken) == LLMP_CONTINUE)
    #expect(try stage.responseTap(broken, "bo") == LLMP_CONTINUE)
    // The host's own error takes its place, and the hooks see that.
    #expect(try stage.responseHeaders(broken) == LLMP_DETACH)
    stage.requestDone(broken)
    #expect(try ask(stage, exchange(stage)) == LLMP_CONTINUE)
  }

  @Test func a304RenewsWhatIsKept() throws {
    let stage = try stage()
    let first = exchange(stage)
    _ = try ask(stage, first)
    #expect(try answer(stage, first, Self.kept + [("etag", "\"v1\""), ("content-type", "text/plain")]))
    stage.host.clock.withLock { $0 += 30_000_000_000 }
    let doubt = exchange(stage, headers: [("cache-control", "no-cache")])
    #expect(try ask(stage, doubt) == LLMP_CONTINUE)
    #expect(doubt.headers[LLMP_MAP_UPSTREAM_REQUEST]?.map(\.name) == ["if-none-match"])
    doubt.headers[LLMP_MAP_UPSTREAM_RESPONSE] = [("content-type", Array("x/y".utf8))]
    doubt.facts.http_status = 304
    #expect(try stage.responseHeaders(doubt) == LLMP_REPLAY)
    #expect(doubt.reply == FakeExchange.Reply(status: 200, body: Array("body".utf8)))
    #expect(doubt.responseHeader("content-type") == ["text/plain"])
    stage.host.clock.withLock { $0 += 59_000_000_000 }
    #expect(try ask(stage, exchange(stage)) == LLMP_REPLAY)
  }

  @Test func aCacheThatIsOffDoesNothingAndTakesNoOrders() throws {
    let stage = try stage(#"{"enabled":"false"}"#)
    let exchange = exchange(stage)
    #expect(try stage.requestHeaders(exchange) == LLMP_DETACH)
    #expect(exchange.texts[LLMP_META_CACHE_STATUS] == nil)
    #expect(stage.host.commands.withLock { $0.isEmpty })
  }

  @Test func ordersToForgetAreCarriedOut() throws {
    let stage = try stage()
    for (path, project) in [
      ("/v1/models", "p1"), ("/v1/models", "p2"), ("/v1/models/a", "p1"), ("/v1/files", "p1"),
    ] {
      let exchange = exchange(stage, path: path, query: "b=1&a=2", project: project)
      _ = try ask(stage, exchange)
      #expect(try answer(stage, exchange))
    }
    let exact = #"{"method":"GET","path":"/v1/models","query":"a=2&b=1"}"#
    #expect(try stage.command("cache.purge", exact) == [#"{"deleted":2}"#])
    #expect(try stage.command("cache.purge", exact) == [#"{"deleted":0}"#])
    #expect(try stage.command("cache.purge", #"{"prefix":"/v1/mod"}"#) == [#"{"deleted":1}"#])
    #expect(throws: FakeStage.Refusal(code: LLMP_E_INVALID, message: "give method and path, or a prefix")) {
      try stage.command("cache.purge", "{}")
    }
    #expect(throws: FakeStage.Refusal.self) { try stage.command("cache.purge", "nonsense") }
  }

  @Test(arguments: [
    (#"{"max_bytes":1}"#, "max_bytes: must be a whole number from 65536 to 1099511627776"),
    (#"{"backend":"disk"}"#, "backend: \"disk\" is unknown; use in-memory"),
    (#"{"default_ttl":-1}"#, "default_ttl: must be a whole number from 0 to 2147483648"),
    (#"{"enabled":"perhaps"}"#, "enabled: must be true or false"),
    (
      #"{"max_bytes":70000,"max_object_bytes":80000}"#,
      "max_object_bytes: 80000 is more than max_bytes (70000); raise max_bytes"
    ),
  ])
  func settingsThatMakeNoSenseAreRefused(_ config: String, _ message: String) {
    #expect(throws: FakeStage.Refusal(code: LLMP_E_INVALID, message: message)) { try stage(config) }
  }

  @Test func redisIsAskedForInVain() throws {
    let stage = try stage(#"{"backend":"redis"}"#)
    #expect(stage.host.log.withLock { $0.first?.contains("backend redis is not served yet") } == true)
  }
}
