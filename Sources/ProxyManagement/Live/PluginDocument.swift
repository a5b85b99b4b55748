import ProxyPluginHost

/// Loaded plugin files as clients of the API see them.
enum PluginDocument {
  private struct Use {
    var component: ComponentFacts
    var asStage: String?
    var asAdapter: String?
    var hooks: [JSONValue]
  }

  /// One document for each file, in the order in which the chain uses them first.
  static func all(_ generation: Generation) -> [JSONValue] {
    let uses =
      generation.stages.map { stage in
        Use(
          component: stage.facts, asStage: stage.name,
          hooks: StageInstance.Hook.allCases.compactMap { hook(stage.name, "\($0.name)", stage.figures($0)) })
      }
      + generation.providers.map { provider in
        Use(
          component: provider.facts, asAdapter: provider.name,
          hooks: ProviderInstance.Hook.allCases.compactMap {
            hook(provider.name, "\($0.name)", provider.figures($0))
          })
      }
    var files: [String] = []
    for use in uses where !files.contains(use.component.sha256) { files.append(use.component.sha256) }
    return files.compactMap { hash in
      document(uses.filter { $0.component.sha256 == hash }, generation)
    }
  }

  private static func document(_ uses: [Use], _ generation: Generation) -> JSONValue? {
    guard let facts = uses.first?.component else { return nil }
    var names: [String] = []
    for use in uses where !names.contains(use.component.name) { names.append(use.component.name) }
    let components = names.map { name -> JSONValue in
      let its = uses.filter { $0.component.name == name }
      return [
        "name": .string(name), "summary": .string(its.first?.component.summary ?? ""),
        "stages": .array(its.compactMap { $0.asStage.map { .string($0) } }),
        "adapters": .array(its.compactMap { $0.asAdapter.map { .string($0) } }),
      ]
    }
    return [
      "file": .string(facts.file), "sha256": .string(facts.sha256), "id": .string(facts.moduleID),
      "version": .string(facts.moduleVersion), "runtime": .string(facts.runtime),
      "vendor": .string(facts.vendor), "license": .string(facts.license), "build": .string(facts.build),
      "components": .array(components), "generation": .integer(generation.number),
      "in_flight": .integer(max(0, generation.pinCount - 1)), "hooks": .array(uses.flatMap(\.hooks)),
    ]
  }

  private static func hook(_ owner: String, _ name: String, _ figures: HookMeter.Figures) -> JSONValue? {
    guard case .object(let members)? = PipelineDocument.hook(name, figures) else { return nil }
    return .object([.init(name: "stage", value: .string(owner))] + members)
  }
}
