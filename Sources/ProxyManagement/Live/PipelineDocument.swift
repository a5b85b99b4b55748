import ProxyConfig
import ProxyPluginHost

/// Stages and adapters as clients of the API see them.
enum PipelineDocument {
  /// A stage with its settings and what its hooks have cost.
  static func stage(_ stage: StageInstance, _ settings: StageSettings) -> JSONValue {
    let hooks = StageInstance.Hook.allCases.map { hook("\($0.name)", stage.figures($0)) }
    return .object(
      [
        .init(name: "name", value: .string(stage.name)), .init(name: "use", value: .string(settings.use)),
        .init(name: "plugin", value: plugin(stage.facts)),
        .init(name: "on_error", value: .string(settings.onError.rawValue)),
        .init(name: "timeout_ms", value: .integer(stage.timeoutNanoseconds / 1_000_000)),
        .init(name: "when", value: settings.when.map(when) ?? .null),
        .init(name: "origin", value: .string("\(settings.origin)")),
      ] + common(stage.facts, config: settings.configJSON, hooks: hooks))
  }

  /// An adapter with its settings and what its hooks have cost.
  static func adapter(_ provider: ProviderInstance, _ settings: APISettings) -> JSONValue {
    let hooks = ProviderInstance.Hook.allCases.map { hook("\($0.name)", provider.figures($0)) }
    return .object(
      [
        .init(name: "api", value: .string(provider.name)),
        .init(name: "use", value: .string(settings.adapter)),
        .init(name: "plugin", value: plugin(provider.facts)),
        .init(name: "timeout_ms", value: .integer(provider.timeoutNanoseconds / 1_000_000)),
        .init(name: "origin", value: .string("\(settings.origin)")),
      ] + common(provider.facts, config: settings.adapterConfigJSON, hooks: hooks))
  }

  private static func common(_ facts: ComponentFacts, config: String, hooks: [JSONValue?])
    -> [JSONValue.Member]
  {
    [
      .init(name: "summary", value: .string(facts.summary)),
      .init(name: "config", value: SettingRedaction.shown(config)),
      .init(name: "config_schema", value: document(facts.configSchema) ?? .null),
      .init(name: "provides", value: texts(facts.provides)),
      .init(name: "consumes", value: texts(facts.consumes)),
      .init(name: "services", value: texts(facts.services)),
      .init(name: "hooks", value: .array(hooks.compactMap { $0 })),
    ]
  }

  /// The code behind a component.
  static func plugin(_ facts: ComponentFacts) -> JSONValue {
    [
      "id": .string(facts.moduleID), "component": .string(facts.name),
      "version": .string(facts.moduleVersion),
      "file": .string(facts.file), "sha256": .string(facts.sha256), "runtime": .string(facts.runtime),
      "vendor": .string(facts.vendor), "license": .string(facts.license), "build": .string(facts.build),
    ]
  }

  /// What a hook has cost; `nil` for one that was never called.
  static func hook(_ name: String, _ figures: HookMeter.Figures) -> JSONValue? {
    guard figures.calls > 0 || figures.failures > 0 else { return nil }
    let total = Double(figures.totalNanoseconds) / 1000
    return [
      "hook": .string(name), "calls": .integer(figures.calls), "failures": .integer(figures.failures),
      "pauses": .integer(figures.pauses), "over_budget": .integer(figures.overBudget),
      "total_us": .decimal(total), "avg_us": .decimal(figures.calls > 0 ? total / Double(figures.calls) : 0),
      "max_us": .decimal(Double(figures.maxNanoseconds) / 1000),
    ]
  }

  private static func when(_ condition: StageSettings.Condition) -> JSONValue {
    [
      "operations": texts(condition.operations), "path_prefixes": texts(condition.pathPrefixes),
      "methods": texts(condition.methods),
    ]
  }

  private static func texts(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }

  /// A JSON text as a document; `nil` when it is empty or none.
  static func document(_ text: String) -> JSONValue? {
    text.isEmpty ? nil : try? JSONReader.firstValue(of: Array(text.utf8))
  }
}
