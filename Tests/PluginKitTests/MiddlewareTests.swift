import CLLMProxyPlugin
import LLMProxyPluginKit
import Testing

@Suite(.serialized) struct MiddlewareTests {
  private func stage(_ index: Int, config: String = "{}") throws -> FakeStage {
    try FakeStage(#require(testModule()), component: index, config: config)
  }

  @Test func theDescriptorSaysWhatTheTypeSays() throws {
    let module = try #require(testModule()).pointee
    #expect(module.struct_size == MemoryLayout<llmp_module_t>.size)
    #expect(module.id.text == "org.llm-proxy.test")
    #expect(module.version.text == "1.2.3")
    #expect(module.vendor.text == "someone")
    #expect(module.license.text == "MIT")
    #expect(module.runtime.text == "swift-shared \(ToolchainVersion.compiler)")
    #expect(module.n_components == 3)
    let component = try #require(module.components?[1]).pointee
    #expect(component.kind == LLMP_KIND_MIDDLEWARE)
    #expect(component.name.text == "everything")
    #expect(component.summary.text == "all hooks")
    #expect(component.config_schema.text == "{}")
    #expect((0..<component.n_provides).map { component.provides?[$0].text } == Everything.provides)
    #expect((0..<component.n_consumes).map { component.consumes?[$0].text } == Everything.consumes)
    #expect((0..<component.n_services).map { component.services?[$0].text } == Everything.services)
    #expect(component.flags == LLMP_COMP_MAY_BLOCK | LLMP_COMP_SERIAL)
    let hooks = try #require(component.vtable).assumingMemoryBound(to: llmp_middleware_t.self).pointee
    #expect(hooks.flags == LLMP_MW_NEED_REQUEST_BODY | LLMP_MW_NEED_RESPONSE_BODY)
    #expect(hooks.struct_size == MemoryLayout<llmp_middleware_t>.size)
  }

  @Test func theEntryAnswersTheSameEachTimeAndOnlyItsOwnMajor() throws {
    #expect(testModule() == testModule())
    #expect(testPlugin.module(for: nil) == nil)
    var loader = llmp_loader_t()
    loader.abi_major = UInt32(LLMP_ABI_MAJOR) + 1
    #expect(testPlugin.module(for: &loader) == nil)
  }

  @Test func onlyHooksThatTheTypeHasAreThere() throws {
    #expect(try stage(0).presentHooks == ["request_headers"])
    #expect(
      try stage(1).presentHooks == [
        "request_headers", "request_body", "request_chunk", "response_headers", "response_body",
        "response_sse", "response_chunk", "response_end", "on_event", "request_done",
      ])
    #expect(try stage(1).component.pointee.drain != nil)
    #expect(try stage(0).component.pointee.drain == nil)
  }

  @Test func aTypeWithoutHooksDoesNotStart() throws {
    let refusal = #expect(throws: FakeStage.Refusal.self) { try stage(2) }
    #expect(refusal?.message == "idle implements no hook; conform to RequestHeadersHook or another")
  }

  @Test func stateOfARequestLivesUntilItsEnd() throws {
    let stage = try stage(1)
    let exchange = FakeExchange(stage.host)
    let before = Everything.released.withLock { $0 }
    #expect(try stage.requestHeaders(exchange) == LLMP_PAUSE)
    #expect(try stage.event(exchange, reason: LLMP_EV_RESUME, cookie: 9) == LLMP_CONTINUE)
    #expect(try stage.event(exchange, reason: 99, cookie: 9) == LLMP_PAUSE)
    #expect(Everything.released.withLock { $0 } == before)
    #expect(try stage.requestBody(exchange) == LLMP_CONTINUE)
    #expect(Everything.released.withLock { $0 } == before + 1)
    stage.requestDone(exchange)
    #expect(Everything.released.withLock { $0 } == before + 2)
    #expect(exchange.slot.pointee == nil)
    #expect(stage.host.log.withLock { $0 } == ["2 headers,event 9,event 9,body "])
  }

  @Test func aRequestThatWasNeverSeenCanEnd() throws {
    let stage = try stage(1)
    stage.requestDone(FakeExchange(stage.host))
    #expect(stage.host.log.withLock { $0 } == ["2 nothing "])
  }

  @Test func eventsCanBeReplaced() throws {
    let stage = try stage(1)
    let exchange = FakeExchange(stage.host)
    #expect(try stage.responseEvent(exchange, data: "x\ny") == LLMP_REPLACE)
    #expect(exchange.output == ["|first|", "copy|x\ny|7", ": comment\n\n"])
    #expect(try stage.responseEvent(exchange, data: "[DONE]") == LLMP_CONTINUE)
    let refusal = #expect(throws: FakeStage.Refusal.self) { try stage.responseEvent(exchange, data: "") }
    #expect(refusal?.message == "the host refused out.sse: invalid argument")
  }

  @Test func theLifeOfAnInstanceHasAnOrder() throws {
    Everything.life.withLock { $0 = [] }
    let stage = try stage(1)
    try stage.start()
    stage.drain()
    stage.destroy()
    #expect(Everything.life.withLock { $0 } == ["start", "stop"])
    #expect(stage.host.drains.withLock { $0 } == 1)
  }

  @Test func aFailureToStartHasItsCodeAndAsMuchTextAsFits() throws {
    let refusal = #expect(throws: FakeStage.Refusal.self) { try stage(1, config: #"{"fails":true}"#) }
    #expect(refusal?.code == LLMP_E_NOT_FOUND)
    // 247 bytes would cut the 124th of these letters in two.
    #expect(refusal?.message == String(repeating: "ü", count: 123))
  }

  @Test(arguments: [
    ("{\"fail\":true}", "fail: unknown setting; known are fails"), ("[]", "settings must be an object"),
    ("{", "not valid JSON at byte 1"), ("{\"fails\":3}", "fails: must be true or false"),
  ])
  func wrongSettingsAreRefused(_ config: String, _ message: String) throws {
    let refusal = #expect(throws: FakeStage.Refusal.self) { try stage(1, config: config) }
    #expect(refusal?.code == LLMP_E_INVALID)
    #expect(refusal?.message.hasPrefix(message) == true, "\(refusal?.message ?? "")")
  }

  @Test func aHostWithSmallerTablesIsRefused() throws {
    let host = FakeHost()
    host.table.pointee.struct_size = 48
    let refusal = #expect(throws: FakeStage.Refusal.self) {
      try FakeStage(#require(testModule()), component: 0, host: host)
    }
    #expect(refusal?.code == LLMP_E_UNSUPPORTED)
    #expect(refusal?.message.contains("use a newer llm-proxy") == true)
  }

  @Test func aThrownErrorIsAFailedStageWithItsText() throws {
    struct Broken: Error {}
    let own = try Probe.stage { _, _ in throw PluginFailure("no luck", code: LLMP_E_IO) }
    #expect(throws: FakeStage.Refusal(code: LLMP_E_IO, message: "no luck")) {
      try own.requestHeaders(FakeExchange(own.host))
    }
    let other = try Probe.stage { _, _ in throw Broken() }
    #expect(throws: FakeStage.Refusal(code: LLMP_E_INTERNAL, message: "Broken()")) {
      try other.requestHeaders(FakeExchange(other.host))
    }
  }
}
