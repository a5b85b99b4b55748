import CLLMProxyPlugin

/// One component of a loaded image, checked and copied.
///
/// `@unchecked Sendable`: plain values; the pointers in them are valid for the life of the process, because
/// images are never unmapped.
struct PluginComponent: @unchecked Sendable {
  /// The hooks, by kind.
  enum Hooks {
    case middleware(llmp_middleware_t)
    case provider(llmp_provider_t, observes: [[UInt8]])
    /// Sound, but not served by this host version; using it gives this error.
    case unserved(PluginError)
  }

  let facts: ComponentFacts
  let descriptor: llmp_component_t
  let schema: JSONSchema
  let hooks: Hooks

  /// Reads the descriptor behind one entry of `components`.
  init(
    _ pointer: UnsafePointer<llmp_component_t>, index: Int, module: ComponentFacts, file: String
  ) throws(PluginError) {
    let reader = DescriptorReader(file: file)
    let raw = try reader.copy(
      UnsafeRawPointer(pointer), into: llmp_component_t(), what: "component descriptor [\(index)]")
    var facts = module
    facts.name = try reader.text(raw.name, what: "name of component [\(index)]")
    guard !facts.name.isEmpty, !facts.name.contains("/") else {
      throw reader.failure(
        "component [\(index)] has the name \"\(facts.name)\"", "give it a name without \"/\"")
    }
    let what = "component \"\(facts.name)\""
    facts.kind = raw.kind
    facts.flags = raw.flags
    facts.summary = try reader.text(raw.summary, what: "summary of \(what)")
    facts.provides = try reader.texts(raw.provides, raw.n_provides, what: "provides of \(what)")
    facts.consumes = try reader.texts(raw.consumes, raw.n_consumes, what: "consumes of \(what)")
    facts.services = try reader.texts(raw.services, raw.n_services, what: "services of \(what)")
    guard raw.create != nil else { throw reader.failure("\(what) has no create", "set create") }
    guard raw.destroy != nil else { throw reader.failure("\(what) has no destroy", "set destroy") }
    facts.configSchema = try reader.text(raw.config_schema, what: "config_schema of \(what)")
    self.facts = facts
    descriptor = raw
    hooks = try Self.hooks(raw, what: what, reader: reader)
    do throws(JSONSchema.Failure) {
      schema = try JSONSchema.read(facts.configSchema)
    } catch {
      throw reader.failure(
        "config_schema of \(what) \(error.problem)",
        "write JSON Schema 2020-12 with: " + JSONSchema.assertions.sorted().joined(separator: ", "))
    }
  }

  /// What an operator should know about it.
  var warnings: [PluginWarning] {
    var found: [PluginWarning] = []
    if case .unserved(let error) = hooks { found.append(PluginWarning(facts.file, error.problem)) }
    let known = Set(MetaKeys.fixed.map(\.name)).union(MetaKeys.providedByHost)
    for key in facts.provides + facts.consumes where key.hasPrefix("llmp.") && !known.contains(key) {
      let hint = NearestName.hint(key, among: known.sorted())
      found.append(
        PluginWarning(
          facts.file,
          "component \"\(facts.name)\" speaks of \(key), which no header up to "
            + "\(LLMP_ABI_MAJOR).\(LLMP_ABI_MINOR) defines\(hint)"))
    }
    return found
  }

  private static func hooks(
    _ raw: llmp_component_t, what: String, reader: DescriptorReader
  ) throws(PluginError) -> Hooks {
    guard raw.flags & LLMP_COMP_SERIAL == 0 else {
      return .unserved(
        unserved(
          reader, "\(what) sets LLMP_COMP_SERIAL, which is not served by this host version",
          "make its hooks safe to run concurrently and clear the flag"))
    }
    switch raw.kind {
    case LLMP_KIND_MIDDLEWARE:
      let hooks = try reader.copy(
        try vtable(raw, what, reader), into: llmp_middleware_t(), what: "middleware table of \(what)")
      guard hooks.hasHook else {
        throw reader.failure("\(what) has no hooks: nothing would ever call it", "set at least one hook")
      }
      return .middleware(hooks)
    case LLMP_KIND_PROVIDER:
      let hooks = try reader.copy(
        try vtable(raw, what, reader), into: llmp_provider_t(), what: "provider table of \(what)")
      guard hooks.hasHook else {
        throw reader.failure("\(what) has no hooks: nothing would ever call it", "set at least prepare")
      }
      let observes = try reader.texts(hooks.observes, hooks.n_observes, what: "observes of \(what)")
      return .provider(hooks, observes: observes.map { Array($0.utf8) })
    case LLMP_KIND_STREAM_FILTER: return .unserved(unservedKind(reader, what, "stream filter"))
    case LLMP_KIND_EVENT_SINK: return .unserved(unservedKind(reader, what, "event sink"))
    case LLMP_KIND_TRANSPORT: return .unserved(unservedKind(reader, what, "transport"))
    default:
      return .unserved(
        unserved(
          reader, "\(what) is of kind \(raw.kind), which this host does not know",
          "set kind to LLMP_KIND_MIDDLEWARE or LLMP_KIND_PROVIDER, or update llm-proxy"))
    }
  }

  private static func vtable(
    _ raw: llmp_component_t, _ what: String, _ reader: DescriptorReader
  ) throws(PluginError) -> UnsafeRawPointer {
    guard let vtable = raw.vtable else { throw reader.failure("\(what) has no vtable", "set vtable") }
    return vtable
  }

  private static func unservedKind(_ reader: DescriptorReader, _ what: String, _ kind: String) -> PluginError
  {
    unserved(
      reader, "\(what) is of kind \"\(kind)\", which is not served by this host version",
      "update llm-proxy, or use a middleware or provider component")
  }

  private static func unserved(_ reader: DescriptorReader, _ problem: String, _ remedy: String) -> PluginError
  {
    PluginError(.unserved, reader.file, problem, remedy: remedy)
  }
}

extension llmp_middleware_t {
  /// Whether the host would ever call it. `on_event` alone does not count: only a hook can pause.
  var hasHook: Bool {
    request_headers != nil || request_body != nil || request_chunk != nil || response_headers != nil
      || response_body != nil || response_sse != nil || response_chunk != nil || response_end != nil
      || request_done != nil
  }
}

extension llmp_provider_t {
  /// Whether the host would ever call it for an attempt.
  var hasHook: Bool {
    prepare != nil || sign != nil || upstream_headers != nil || upstream_body != nil || upstream_sse != nil
      || upstream_chunk != nil || upstream_end != nil || map_error != nil
  }
}
