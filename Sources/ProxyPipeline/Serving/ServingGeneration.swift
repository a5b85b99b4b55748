public import ProxyConfig
public import ProxyPluginHost

/// A generation with everything an exchange needs of it: what a loop points at, and an exchange pins.
public final class ServingGeneration: Sendable {
  /// The plugin instances.
  public let generation: Generation
  /// One for each API, in configuration order.
  public let routes: [Route]
  /// What its parts are called.
  public let names: ChainNames
  let stages: ContiguousArray<StageInstance>
  // The same, for `withStage`.
  private nonisolated(unsafe) let table: UnsafeMutablePointer<Unmanaged<StageInstance>>
  let facts: ChainFacts
  let defaultRoute: Int
  let limits: LimitSettings
  let holdsForModel: Bool

  /// Puts a built generation to work.
  ///
  /// - Throws: `PluginError` when a stage needs something this host does not serve.
  public init(
    _ generation: Generation, routes: [Route], defaultRoute: Int, limits: LimitSettings
  ) throws(PluginError) {
    if generation.stages.count > ChainFacts.mostStages {
      throw PluginError(
        .chain, "pipeline", "\(generation.stages.count) stages, the most is \(ChainFacts.mostStages)",
        remedy: "merge stages or drop some")
    }
    for (index, stage) in generation.stages.enumerated() {
      if stage.facts.mayBlock {
        throw Self.unserved(index, stage, "LLMP_COMP_MAY_BLOCK", "return LLMP_PAUSE and use llmp.exec/1")
      }
      if stage.vtable.request_chunk != nil {
        throw Self.unserved(index, stage, "request_chunk", "use request_body with LLMP_MW_NEED_REQUEST_BODY")
      }
    }
    self.generation = generation
    self.routes = routes
    self.defaultRoute = defaultRoute
    self.limits = limits
    names = ChainNames(
      stages: generation.stages.map { .init(name: $0.name, plugin: $0.facts.moduleID) },
      routes: routes.map { .init(name: $0.name.string, plugin: $0.provider.facts.moduleID) })
    stages = ContiguousArray(generation.stages)
    table = .allocate(capacity: generation.stages.count)
    for (index, stage) in generation.stages.enumerated() {
      (table + index).initialize(to: Unmanaged.passUnretained(stage))
    }
    facts = ChainFacts(generation.stages)
    holdsForModel = facts.consumesModel != 0
  }

  deinit { table.deallocate() }

  /// Lends a stage without counting a reference, which would cost as much as an empty hook.
  @inline(__always)
  func withStage<T>(_ index: Int, _ body: (StageInstance) -> T) -> T {
    precondition(index >= 0 && index < stages.count, "no such stage")
    return table[index]._withUnsafeGuaranteedRef(body)
  }

  private static func unserved(
    _ index: Int, _ stage: StageInstance, _ what: String, _ remedy: String
  ) -> PluginError {
    PluginError(
      .unserved, "pipeline[\(index)] \"\(stage.name)\"",
      "\(stage.facts.file) needs \(what), which this host does not serve yet", remedy: remedy,
      place: .stage(index))
  }
}
