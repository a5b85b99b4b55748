import Testing

@testable import ProxyPluginHost

extension LoadingTests {
  @Suite(.serialized)
  struct BrokenPluginTests {
    private static let plan = GenerationPlan(
      stages: [StagePlan(name: "broken", use: "org.example.broken/stage")], providers: [],
      allowUnauthenticated: true)

    @Test("the table lists every fixture and at least 25 broken ones")
    func tableIsComplete() throws {
      let all = try Fixture.all()
      #expect(Set(all.map(\.file)).count == all.count)
      #expect(all.filter { $0.phase != "accepted" }.count >= 25)
      #expect(Fixture.of("runtime").count >= 6)
    }

    @Test("is refused when it is loaded, with words that name file and remedy", arguments: Fixture.of("load"))
    func isRefusedAtLoad(_ fixture: Fixture) throws {
      let workshop = try Workshop()
      let path = try workshop.compile(fixture.file, flags: fixture.flags)
      let error = #expect(throws: PluginError.self) { _ = try workshop.library().load(path: path) }
      try check(error, fixture)
      #expect(error?.description.hasPrefix("\(fixture.file).so: ") == true)
    }

    @Test("is refused when the generation is built, and nothing stays behind", arguments: Fixture.of("build"))
    func isRefusedAtBuild(_ fixture: Fixture) throws {
      let workshop = try Workshop()
      try workshop.compile(fixture.file, flags: fixture.flags)
      let builder = GenerationBuilder(library: workshop.library(), host: TestHost().interface)
      let error = #expect(throws: PluginError.self) { _ = try builder.build(number: 1, plan: Self.plan) }
      try check(error, fixture)
      #expect(error?.place == .stage(0))
      #expect(error?.description.hasPrefix("pipeline[0] \"broken\": ") == true)
    }

    @Test("is refused when the generation starts", arguments: Fixture.of("start"))
    func isRefusedAtStart(_ fixture: Fixture) throws {
      let workshop = try Workshop()
      try workshop.compile(fixture.file, flags: fixture.flags)
      let builder = GenerationBuilder(library: workshop.library(), host: TestHost().interface)
      let generation = try builder.build(number: 1, plan: Self.plan)
      let error = #expect(throws: PluginError.self) { try generation.start() }
      try check(error, fixture)
      generation.retire(drainDeadline: 0, executor: { $0() })
    }

    @Test("is accepted with a warning", arguments: Fixture.of("warning"))
    func warns(_ fixture: Fixture) throws {
      let workshop = try Workshop()
      let warnings = Recording<PluginWarning>()
      let path = try workshop.compile(fixture.file, flags: fixture.flags)
      let library = workshop.library(warnings: warnings)
      let image = try library.load(path: path)
      #expect(image.warnings == warnings.all)
      let text = warnings.all.map(\.description).joined(separator: "\n")
      for word in ["\(fixture.file).so: "] + fixture.words {
        #expect(text.contains(word), "\(text)")
      }
      _ = try library.load(path: path)
      #expect(image.warnings == warnings.all, "a second use of an image does not warn again")
    }

    @Test("is accepted, and the host's log names it", arguments: Fixture.of("log"))
    func logs(_ fixture: Fixture) throws {
      let workshop = try Workshop()
      try workshop.compile(fixture.file, flags: fixture.flags)
      let host = TestHost()
      let builder = GenerationBuilder(library: workshop.library(), host: host.interface)
      let generation = try builder.build(number: 1, plan: Self.plan)
      let text = host.log.all.joined(separator: "\n")
      for word in ["\(fixture.file).so: "] + fixture.words { #expect(text.contains(word), "\(text)") }
      generation.retire(drainDeadline: 0, executor: { $0() })
    }

    @Test(
      "is loaded, and contained later by the pipeline",
      arguments: Fixture.of("runtime") + Fixture.of("accepted"))
    func isAccepted(_ fixture: Fixture) throws {
      let workshop = try Workshop()
      try workshop.compile(fixture.file, flags: fixture.flags)
      let builder = GenerationBuilder(library: workshop.library(), host: TestHost().interface)
      let generation = try builder.build(number: 1, plan: Self.plan)
      try generation.start()
      let destroyed = Recording<Bool>()
      generation.retire(drainDeadline: 0, executor: { $0() }, destroyed: { destroyed.append(true) })
      #expect(destroyed.all == [true])
    }

    @Test("a changed signal disposition is put back")
    func signalsAreRestored() throws {
      let workshop = try Workshop()
      let path = try workshop.compile("signal_handler")
      let before = ProcessState()
      _ = try workshop.library().load(path: path)
      #expect(before.restore(after: "").filter { $0.text.contains("changed") } == [])
    }

    private func check(_ error: PluginError?, _ fixture: Fixture) throws {
      let error = try #require(error)
      #expect(error.kind.rawValue == fixture.kind, "\(error)")
      for word in fixture.words { #expect(error.description.contains(word), "\(error)") }
      #expect(!error.remedy.isEmpty)
    }
  }
}
