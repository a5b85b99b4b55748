import CLLMProxyPlugin
import Testing

@Suite struct CORSTests {
  private let origin = ("Origin", "https://app.example")

  private func stage(api: String = "{}", config: String = "{}") throws -> FakeStage {
    let host = FakeHost()
    host.apis = [("openai", api)]
    return try FakeStage(PluginImage("cors").module, config: config, host: host)
  }

  @Test func aPreflightIsAnsweredWithTheBrowsersWishes() throws {
    let stage = try stage()
    let exchange = FakeExchange(
      stage.host, method: "OPTIONS",
      headers: [origin, ("Access-Control-Request-Headers", "x-one, authorization")])
    #expect(try stage.requestHeaders(exchange) == LLMP_RESPOND)
    #expect(exchange.reply == FakeExchange.Reply(status: 204))
    #expect(exchange.responseHeader("access-control-allow-origin") == ["*"])
    #expect(
      exchange.responseHeader("access-control-allow-methods") == ["GET, POST, PUT, PATCH, DELETE, OPTIONS"])
    #expect(exchange.responseHeader("access-control-allow-headers") == ["x-one, authorization"])
    #expect(exchange.responseHeader("access-control-max-age") == ["86400"])
    #expect(
      exchange.responseHeader("access-control-expose-headers") == [
        "X-Request-ID, X-Proxy-ID, X-LLM-Proxy-Remote-Duration, X-LLM-Proxy-Remote-Duration-Ms"
      ])
  }

  @Test func aPreflightWithoutWishesGetsTheUsualHeaders() throws {
    let stage = try stage()
    let exchange = FakeExchange(stage.host, method: "OPTIONS", headers: [origin])
    #expect(try stage.requestHeaders(exchange) == LLMP_RESPOND)
    #expect(
      exchange.responseHeader("access-control-allow-headers") == [
        "Authorization, Content-Type, X-Requested-With"
      ])
  }

  @Test func optionsWithoutOriginIsABare204() throws {
    let stage = try stage(api: #"{"allowed_origins":["https://a.example"],"required_headers":["origin"]}"#)
    let exchange = FakeExchange(stage.host, method: "OPTIONS")
    #expect(try stage.requestHeaders(exchange) == LLMP_RESPOND)
    #expect(exchange.reply == FakeExchange.Reply(status: 204))
    #expect(exchange.headers[LLMP_MAP_RESPONSE] == nil)
  }

  @Test func aPreflightOfAForeignOriginIs204WithoutLeave() throws {
    let stage = try stage(api: #"{"allowed_origins":["https://app.example"]}"#)
    let exchange = FakeExchange(stage.host, method: "OPTIONS", headers: [("Origin", "https://evil.example")])
    #expect(try stage.requestHeaders(exchange) == LLMP_RESPOND)
    #expect(exchange.reply?.status == 204)
    #expect(exchange.responseHeader("access-control-allow-origin") == [])
  }

  @Test func settingsOfTheStageReplaceTheDefaults() throws {
    let stage = try stage(
      config: #"""
        {"allowed_origins":"https://a.example, https://app.example","allowed_methods":"GET,POST",
        "allowed_headers":["X-Only"],"max_age":"24h"}
        """#)
    let exchange = FakeExchange(
      stage.host, method: "OPTIONS", headers: [origin, ("Access-Control-Request-Headers", "x-one")])
    #expect(try stage.requestHeaders(exchange) == LLMP_RESPOND)
    #expect(exchange.responseHeader("access-control-allow-methods") == ["GET, POST"])
    #expect(exchange.responseHeader("access-control-allow-headers") == ["X-Only"])
    #expect(exchange.responseHeader("access-control-max-age") == ["86400"])

    let foreign = FakeExchange(stage.host, headers: [("Origin", "https://evil.example")])
    #expect(try stage.requestHeaders(foreign) == LLMP_RESPOND)
    #expect(foreign.reply?.code == "origin_not_allowed")
  }

  @Test func anAnswerCarriesTheCallersOrigin() throws {
    let stage = try stage()
    let exchange = FakeExchange(stage.host, headers: [origin])
    exchange.headers[LLMP_MAP_RESPONSE] = [("vary", Array("Accept".utf8))]
    #expect(try stage.requestHeaders(exchange) == LLMP_DETACH)
    #expect(exchange.responseHeader("access-control-allow-origin") == ["https://app.example"])
    #expect(exchange.responseHeader("vary") == ["Accept", "Origin"])
    #expect(exchange.reply == nil)
  }

  @Test func withoutOriginNothingIsAdded() throws {
    let stage = try stage()
    let exchange = FakeExchange(stage.host)
    #expect(try stage.requestHeaders(exchange) == LLMP_DETACH)
    #expect(exchange.headers[LLMP_MAP_RESPONSE] == nil)
  }

  @Test(arguments: ["https://app.example/", "https://APP.example", "https://app.example:443", "null", "*"])
  func onlyTheExactOriginIsAllowed(_ text: String) throws {
    let stage = try stage(api: #"{"allowed_origins":["https://app.example"]}"#)
    let exchange = FakeExchange(stage.host, headers: [("Origin", text)])
    #expect(try stage.requestHeaders(exchange) == LLMP_RESPOND)
    #expect(
      exchange.reply
        == FakeExchange.Reply(
          status: 403, code: "origin_not_allowed", type: "invalid_request_error",
          message: "Origin not allowed"))
    #expect(exchange.responseHeader("access-control-allow-origin") == [text])
  }

  @Test func aSecondOriginIsRefused() throws {
    let stage = try stage(api: #"{"allowed_origins":["https://app.example"]}"#)
    let exchange = FakeExchange(stage.host, headers: [origin, ("Origin", "https://evil.example")])
    #expect(try stage.requestHeaders(exchange) == LLMP_RESPOND)
    #expect(exchange.reply?.code == "origin_not_allowed")
  }

  @Test(arguments: [[], [("Origin", "")]])
  func aRequiredOriginMustBeThere(_ headers: [(String, String)]) throws {
    let stage = try stage(api: #"{"required_headers":["Origin"]}"#)
    let exchange = FakeExchange(stage.host, headers: headers)
    #expect(try stage.requestHeaders(exchange) == LLMP_RESPOND)
    #expect(exchange.reply?.status == 400)
    #expect(exchange.reply?.code == "origin_required")
    #expect(exchange.reply?.message == "Origin header required")
  }

  @Test func anyHeaderCanBeRequired() throws {
    let stage = try stage(api: #"{"required_headers":["origin","X-Tenant"]}"#)
    let exchange = FakeExchange(stage.host, headers: [origin])
    #expect(try stage.requestHeaders(exchange) == LLMP_RESPOND)
    #expect(exchange.reply?.status == 400)
    #expect(exchange.reply?.code == "header_required")
    #expect(exchange.reply?.message == "X-Tenant header required")
    let complete = FakeExchange(stage.host, headers: [origin, ("x-tenant", "a")])
    #expect(try stage.requestHeaders(complete) == LLMP_DETACH)
  }

  @Test func theRulesAreThoseOfTheSelectedAPI() throws {
    let host = FakeHost()
    host.apis = [("open", "{}"), ("closed", #"{"allowed_origins":["https://other.example"]}"#)]
    let stage = try FakeStage(PluginImage("cors").module, host: host)
    let open = FakeExchange(host, headers: [origin])
    #expect(try stage.requestHeaders(open) == LLMP_DETACH)
    let closed = FakeExchange(host, headers: [origin])
    closed.selectedAPI = 1
    #expect(try stage.requestHeaders(closed) == LLMP_RESPOND)
    let none = FakeExchange(host, headers: [origin])
    none.selectedAPI = -1
    #expect(try stage.requestHeaders(none) == LLMP_DETACH)
  }

  @Test(arguments: [
    (#"{"allowed_origin":["x"]}"#, "{}", "allowed_origin: unknown setting"),
    (#"{"max_age":"soon"}"#, "{}", "max_age"),
    (#"{"allowed_headers":["a\nb"]}"#, "{}", "control character"),
    ("{}", #"{"allowed_origins":[1]}"#, "apis.openai.allowed_origins: must be a list of texts"),
    ("{}", #"{"required_headers":["a b"]}"#, "apis.openai.required_headers: \"a b\""),
  ])
  func wrongSettingsAreRefusedByName(_ config: String, _ api: String, _ message: String) {
    let refusal = #expect(throws: FakeStage.Refusal.self) { try stage(api: api, config: config) }
    #expect(refusal?.code == LLMP_E_INVALID)
    #expect(refusal?.message.contains(message) == true, "\(refusal?.message ?? "")")
  }
}
