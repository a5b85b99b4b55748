import CLLMProxyPlugin
import Testing

@testable import ProxyPluginHost

extension LoadingTests {
  @Suite(.serialized)
  struct GenerationTests {
    private let workshop: Workshop
    private let host = TestHost()
    private let builder: GenerationBuilder

    init() throws {
      workshop = try Workshop()
      try workshop.compile("support/recorder")
      builder = GenerationBuilder(library: workshop.library(), host: host.interface)
    }

    private func stage(_ component: String, _ config: String = "", name: String? = nil) -> StagePlan {
      StagePlan(name: name ?? component, use: "org.example.recorder/\(component)", configJSON: config)
    }

    private func plan(_ stages: StagePlan...) -> GenerationPlan {
      GenerationPlan(
        stages: stages,
        providers: [
          ProviderPlan(
            apiName: "openai", adapter: "org.example.recorder/adapter", settingsJSON: #"{"adapter":"x"}"#)
        ])
    }

    private func refusal(_ plan: GenerationPlan) throws -> String {
      try #require(throws: PluginError.self) { _ = try builder.build(number: 1, plan: plan) }.description
    }

    @Test("instances are created in order and destroyed in reverse order after the last unpin")
    func order() throws {
      let generation = try builder.build(number: 7, plan: plan(stage("auth"), stage("limits")))
      #expect(generation.number == 7)
      #expect(
        host.log.drain() == [
          "org.example.recorder: module_open", "auth: create", "auth: store granted", "limits: create",
          "limits: store granted", "openai: create", "openai: store granted",
        ])
      try generation.start()
      #expect(host.log.drain() == ["auth: start", "limits: start", "openai: start"])
      #expect(generation.pin())
      let jobs = Recording<@Sendable () -> Void>()
      let destroyed = Recording<String>()
      generation.retire(
        drainDeadline: 1, executor: { jobs.append($0) }, destroyed: { destroyed.append("destroyed") })
      #expect(host.log.drain() == ["auth: drain"])
      #expect(generation.pin(), "an exchange may still pin while another one does")
      generation.unpin()
      #expect(jobs.all.isEmpty)
      generation.unpin()
      #expect(jobs.all.count == 1)
      #expect(!generation.pin(), "a generation that is being destroyed cannot be pinned")
      #expect(host.log.all.isEmpty, "destruction waits for the executor")
      for job in jobs.all { job() }
      #expect(
        host.log.all == [
          "openai: destroy", "limits: destroy", "auth: destroy", "org.example.recorder: module_close",
        ])
      #expect(destroyed.all == ["destroyed"])
    }

    @Test("destruction waits for drained(), until the drain is abandoned")
    func drain() throws {
      for abandons in [false, true] {
        let generation = try builder.build(number: 1, plan: plan(stage("auth"), stage("late")))
        let done = Recording<Bool>()
        generation.retire(drainDeadline: 1, executor: { $0() }, destroyed: { done.append(true) })
        #expect(done.all.isEmpty)
        if abandons {
          generation.abandonDrain()
        } else {
          let late = generation.stages[1]
          _ = late.vtable.request_headers?(late.inst, nil, nil, nil)
        }
        #expect(done.all == [true])
        generation.abandonDrain()
        #expect(done.all == [true])
      }
    }

    @Test("a failing create destroys what was created, in reverse order, and names the stage")
    func allOrNothing() throws {
      let text = try refusal(plan(stage("auth"), stage("limits"), stage("late", #"{"fail":"create"}"#)))
      #expect(
        text == "pipeline[2] \"late\": recorder.so: create refused: told to fail; "
          + "correct the stage's config (LLMP_E_INVALID)")
      #expect(
        host.log.drain().filter { !$0.contains("store") } == [
          "org.example.recorder: module_open", "auth: create", "limits: create", "late: create",
          "limits: destroy", "auth: destroy", "org.example.recorder: module_close",
        ])
    }

    @Test("a failing start is reported; retiring then destroys everything")
    func failingStart() throws {
      let generation = try builder.build(number: 1, plan: plan(stage("auth", #"{"fail":"start"}"#)))
      let error = try #require(throws: PluginError.self) { try generation.start() }
      #expect(error.description.contains("start refused: told to fail"))
      generation.retire(drainDeadline: 0, executor: { $0() })
      #expect(host.log.all.last == "org.example.recorder: module_close")
    }

    @Test("instances with the same name and code are built from the previous generation's")
    func reconfigure() throws {
      let first = try builder.build(number: 1, plan: plan(stage("auth")))
      _ = host.log.drain()
      let second = try builder.build(
        number: 2, plan: plan(stage("auth"), stage("limits")), replacing: first)
      #expect(
        host.log.drain().filter { !$0.contains("store") } == [
          "auth: reconfigure", "auth: create", "limits: create", "openai: reconfigure", "openai: create",
        ])
      let active = ActiveGeneration(first)
      let pinned = active.pinned()
      #expect(active.replace(with: second) === first)
      #expect(active.unpinned === second)
      let done = Recording<UInt64>()
      first.retire(drainDeadline: 0, executor: { $0() }, destroyed: { done.append(1) })
      #expect(done.all.isEmpty)
      pinned.unpin()
      #expect(done.all == [1])
      #expect(!host.log.all.contains("org.example.recorder: module_close"))
      second.retire(drainDeadline: 0, executor: { $0() })
      #expect(host.log.all.last == "org.example.recorder: module_close")
    }

    @Test("an instance knows its code, its keys, its settings and its APIs")
    func facts() throws {
      var limited = stage("auth")
      limited.services = ["llmp.store/1"]
      limited.timeoutNanoseconds = 800_000_000
      limited.when = nil
      let generation = try builder.build(number: 3, plan: plan(limited, stage("limits")))
      let auth = generation.stages[0]
      #expect(auth.facts.fullName == "org.example.recorder/auth")
      #expect(auth.facts.file == "recorder.so" && auth.facts.moduleVersion == "2.1.0")
      #expect(auth.context.stage === auth && auth.context.provider == nil)
      #expect(auth.context.mayWrite(LLMP_META_PROJECT_ID) && !auth.context.mayWrite(LLMP_META_MODEL))
      #expect(!generation.stages[1].context.mayWrite(LLMP_META_PROJECT_ID))
      #expect(auth.context.isGranted("llmp.store/1") && !auth.context.isGranted("llmp.kv/1"))
      #expect(generation.stages[1].context.isGranted("llmp.kv/1"))
      #expect(generation.stages[1].consumesModel && !auth.consumesModel)
      #expect(auth.timeoutNanoseconds == 800_000_000 && auth.onError == .closed)
      #expect(auth.context.apis.entries.map(\.name.string) == ["openai"])
      #expect(auth.context.apis.entries[0].settingsJSON.slice.len == 15)
      let provider = generation.providers[0]
      #expect(provider.observes.map { String(decoding: $0, as: UTF8.self) } == ["usage", "model"])
      #expect(provider.context.provider === provider && provider.vtable.prepare != nil)
      #expect(!auth.context.isSettingUp)
      generation.retire(drainDeadline: 0, executor: { $0() })
    }

    @Test("a service that is not granted is absent for the instance")
    func grants() throws {
      var stage = stage("limits")
      stage.services = []
      let generation = try builder.build(number: 1, plan: plan(self.stage("auth"), stage))
      #expect(host.log.all.contains("limits: store absent"))
      generation.retire(drainDeadline: 0, executor: { $0() })
      var auth = self.stage("auth")
      auth.services = ["llmp.kv/1"]
      #expect(try refusal(plan(auth)).contains("needs llmp.store/1, which services does not grant"))
    }

    @Test("references that lead nowhere are refused with the nearest name")
    func unknownUse() throws {
      var wrong = stage("auth")
      wrong.use = "org.example.recorder/auht"
      #expect(
        try refusal(plan(wrong))
          == "pipeline[0] \"auth\": recorder.so (org.example.recorder) has no component "
          + "\"auht\", did you mean \"auth\"?; it has: auth, limits, late, adapter")
      wrong.use = "org.example.recrder/auth"
      #expect(try refusal(plan(wrong)).contains("did you mean \"org.example.recorder/…\"?"))
      wrong.use = "auth"
      #expect(try refusal(plan(wrong)).contains("write core.<component> or <module id>/<component>"))
      wrong.use = "core.auth"
      #expect(try refusal(plan(wrong)).contains("\"core.auth\" names no plugin in "))
      try workshop.compile("no_stamp", as: "auth")
      #expect(try refusal(plan(wrong)).hasPrefix("pipeline[0] \"auth\": auth.so: has no .llmp.stamp section"))
      var plan = plan(stage("auth"))
      plan.providers[0].adapter = "org.example.recorder/limits"
      #expect(
        try refusal(plan).contains("org.example.recorder/limits is a middleware, an API needs a provider"))
      plan.providers[0].adapter = "opnai"
      #expect(try refusal(plan).hasPrefix("apis.openai: \"opnai\" names no plugin in "))
    }

    @Test("two files with one module id are refused when it is used")
    func ambiguousID() throws {
      try workshop.compile("good", as: "a")
      try workshop.compile("create_null_instance", as: "b")
      let plan = GenerationPlan(
        stages: [StagePlan(name: "x", use: "org.example.broken/stage")], providers: [],
        allowUnauthenticated: true)
      let text = try refusal(plan)
      #expect(text.contains("a.so and ") && text.contains("b.so both have the module id org.example.broken"))
    }

    @Test("settings are checked against the schema, with the way out")
    func settings() throws {
      let auth = stage("auth")
      #expect(
        try refusal(plan(auth, stage("limits", #"{"requests_per_minut":5}"#)))
          == "pipeline[1] \"limits\": config has an unknown property \"requests_per_minut\", did you mean "
          + "\"requests_per_minute\"?; known are: fail, requests_per_minute")
      #expect(
        try refusal(plan(auth, stage("limits", #"{"requests_per_minute":"many"}"#)))
          == "pipeline[1] \"limits\": config.requests_per_minute is \"many\", expected an integer; "
          + "write an integer")
      #expect(try refusal(plan(auth, stage("limits", "{"))).contains("config is not JSON: "))
      #expect(host.log.all.isEmpty, "nothing is created before every check has passed")
      try builder.check(plan(auth, stage("limits", #"{"requests_per_minute":5}"#)))
      #expect(host.log.all.isEmpty)
    }

    @Test("an impossible order is refused as the design words it")
    func chainOrder() throws {
      #expect(
        try refusal(plan(stage("limits"), stage("auth"))).hasPrefix(
          "pipeline[0] \"limits\": consumes llmp.project_id; no earlier stage provides it (\"auth\" at [1] does)"
        ))
      #expect(try refusal(plan(stage("late"))).contains("no stage provides llmp.project_id"))
      #expect(try refusal(plan(stage("auth"), stage("auth"))).contains("has the name of pipeline[0]"))
    }
  }
}
