import CLLMProxyPlugin
import LLMProxyPluginKit
import Testing

@Suite struct RequestTests {
  private let headers = [("X-A", "one"), ("x-b", "two"), ("x-a", "three")]

  @Test func headersAreFoundListedAndChanged() throws {
    let stage = try Probe.stage { request, _ in
      check(request.header("x-a")?.equals("one") == true)
      check(request.header("X-A" as String, nth: 1)?.equals("three") == true)
      check(request.header("x-c") == nil)
      check(request.header("x-a", nth: 2) == nil)
      var seen: [String] = []
      request.forEachHeader { name, value in
        seen.append("\(String(name))=\(String(value))")
        return seen.count < 2
      }
      #expect(seen == ["x-a=one", "x-b=two"])
      if let value = request.header("x-b") { try request.setHeader("y", value, in: .response) }
      try request.addHeader("y", Array("three".utf8), in: .response)
      try request.removeHeader("x-a", in: .request)
      #expect(request.headerCount() == 1)
      return .continue
    }
    let exchange = FakeExchange(stage.host, headers: headers)
    #expect(try stage.requestHeaders(exchange) == LLMP_CONTINUE)
    #expect(exchange.responseHeader("y") == ["two", "three"])
  }

  @Test func aValueThatBreaksFramingIsRefusedByTheHost() throws {
    let stage = try Probe.stage { request, _ in
      try request.setHeader("y", "a\r\nb", in: .response)
      return .continue
    }
    #expect(
      throws: FakeStage.Refusal(code: LLMP_E_INVALID, message: "the host refused hdr_set: invalid argument")
    ) {
      try stage.requestHeaders(FakeExchange(stage.host))
    }
  }

  @Test func factsMetadataAndBodiesAreRead() throws {
    let stage = try Probe.stage { request, host in
      check(request.attribute(.method) == "POST")
      check(request.attribute(.query).isEmpty)
      check(request.metadata(.model)?.equals("gpt-4o") == true)
      check(request.metadata(.projectID) == nil)
      check(request.integer(.stream) == 1)
      check(try request.body(of: .request).hasPrefix("{\"model\""))
      try request.setBody(of: .request, "{}")
      try request.setMetadata(host.metadataKey("abc"), integer: 5)
      check(request.integer(MetadataKey(rawValue: 1027)) == 5)
      check(request.exchange()?.requestBytes == 7)
      check(request.usage() == nil)
      check(request.deadlineNanoseconds == nil)
      check(!request.isCancelled)
      return .detach
    }
    let exchange = FakeExchange(stage.host)
    exchange.texts[LLMP_META_MODEL] = Array("gpt-4o".utf8)
    exchange.integers[LLMP_META_STREAM] = 1
    exchange.bodies[LLMP_MAP_REQUEST] = Array(#"{"model":"gpt-4o"}"#.utf8)
    exchange.facts.request_bytes = 7
    #expect(try stage.requestHeaders(exchange) == LLMP_DETACH)
    #expect(exchange.bodies[LLMP_MAP_REQUEST] == Array("{}".utf8))
  }

  @Test func aStageCanAnswerItself() throws {
    let plain = try Probe.stage { request, _ in
      try request.respond(418, contentType: "text/plain", body: "short and stout")
    }
    let first = FakeExchange(plain.host)
    #expect(try plain.requestHeaders(first) == LLMP_RESPOND)
    #expect(first.reply == FakeExchange.Reply(status: 418, body: Array("short and stout".utf8)))
    #expect(first.responseHeader("content-type") == ["text/plain"])

    let error = try Probe.stage { request, _ in
      try request.respondError(402, type: "billing_error", code: "no_money", message: "Pay first\nNow.")
    }
    let second = FakeExchange(error.host)
    #expect(try error.requestHeaders(second) == LLMP_RESPOND)
    #expect(
      second.reply
        == FakeExchange.Reply(
          status: 402, code: "no_money", type: "billing_error", message: "Pay first\nNow."))
  }

  @Test func aStreamedAnswerGoesThroughAReference() throws {
    let stage = try Probe.stage { request, _ in
      guard let reference = request.reference() else { throw PluginFailure("no reference") }
      let verdict = try request.respondStream(200)
      #expect(try reference.write("one"))
      #expect(try reference.write("two"))
      #expect(try !reference.write("three"), "the client is slow")
      try reference.resume(cookie: 3)
      try reference.end()
      return verdict
    }
    let exchange = FakeExchange(stage.host)
    #expect(try stage.requestHeaders(exchange) == LLMP_RESPOND)
    #expect(exchange.output == ["one", "two"])
    #expect(exchange.resumed == [3])
    #expect(stage.host.references.withLock { $0 } == 0)
  }

  @Test func servicesAreThereWhenGranted() throws {
    let host = FakeHost()
    host.apis = [("openai", #"{"base_url":"https://api.example"}"#), ("bad", "{")]
    let stage = try Probe.stage(host: host) { request, host in
      let json = try host.json()
      check(json.value(at: "/model", of: request)?.equals("\"a\"") == true)
      check(try json.member("model", nth: 1, of: request)?.equals("\"b\"") == true)
      check(try json.member("model", nth: 2, of: request) == nil)
      try json.set(at: "/model", to: "\"c\"", in: .request, of: request)
      check(json.value(at: "/model", of: request)?.equals("\"c\"") == true)

      let apis = try host.apis()
      #expect(apis.count == 2)
      #expect(try apis.api(at: 0).settings["base_url"] == .string("https://api.example"))
      #expect(throws: PluginFailure.self) { try apis.api(at: 1) }
      #expect(throws: PluginFailure.self) { try apis.api(at: 2) }
      #expect(apis.selected(for: request) == 0)
      try apis.forward(request, to: 1)

      let store = try host.store()
      switch try store.peek("sk-good", for: request) {
      case .found(let token): check(token.id.equals("t1") && token.state == LLMP_TOKEN_ACTIVE)
      default: Issue.record("sk-good is known")
      }
      switch try store.peek("sk-bad", for: request) {
      case .unknown: try store.bind(request)
      default: Issue.record("sk-bad is not known")
      }
      switch try store.peek("sk-slow", for: request) {
      case .notLoaded: try store.load("sk-slow", cookie: 4, for: request)
      default: Issue.record("sk-slow is not in memory")
      }
      #expect(throws: PluginFailure.self) { try host.service("llmp.http/1", as: llmp_http_api_t.self) }
      return .continue
    }
    let exchange = FakeExchange(host)
    exchange.members["/model"] = ["\"a\"", "\"b\""]
    #expect(try stage.requestHeaders(exchange) == LLMP_CONTINUE)
    #expect(exchange.output == ["forward 1"])
    #expect(exchange.texts[LLMP_META_PROJECT_ID] == Array("p1".utf8))
    #expect(exchange.resumed == [4])
  }

  @Test func aTimerRunsItsBodyAndLetsGoOfIt() throws {
    let stage = try Probe.stage { _, host in
      let timer = try host.timer()
      let id = try timer.start(afterMilliseconds: 10) { host.log(.debug, "tick") }
      timer.cancel(id)
      return .continue
    }
    #expect(try stage.requestHeaders(FakeExchange(stage.host)) == LLMP_CONTINUE)
    #expect(stage.host.log.withLock { $0 } == ["1 tick "])
  }

  @Test func slicesAreComparedAndRead() throws {
    let stage = try Probe.stage { request, _ in
      let path = request.attribute(.path)
      check(path == "/v1/Größe")
      check(path != "/v1/größe")
      check(path.equalsIgnoringCase("/V1/Größe"))
      check(!path.equalsIgnoringCase("/v1/Größ"))
      check(path.hasPrefix("/v1/") && path.hasPrefix("") && !path.hasPrefix("/v1/Größen"))
      check(path.firstIndex(of: UInt8(ascii: "G")) == 4)
      check(path.part(1..<3) == "v1")
      check(path[0] == UInt8(ascii: "/"))
      check(String(path) == "/v1/Größe")
      for (text, value) in [
        ("0", 0), ("0042", 42), ("9223372036854775807", Int.max), ("9223372036854775808", nil),
        ("", nil), ("-1", nil), ("1 ", nil), ("99999999999999999999", nil),
      ] as [(String, Int?)] {
        try request.setHeader("n", text, in: .response)
        check(request.header("n", in: .response)?.unsignedInteger == value)
      }
      return .continue
    }
    #expect(try stage.requestHeaders(FakeExchange(stage.host, path: "/v1/Größe")) == LLMP_CONTINUE)
  }
}

/// `#expect` cannot take its operands apart when they must not escape.
private func check(_ condition: Bool, sourceLocation: SourceLocation = #_sourceLocation) {
  #expect(condition, sourceLocation: sourceLocation)
}
