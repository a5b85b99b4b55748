/// Reads the settings that govern traffic.
struct TrafficReader {
  let settings: SettingReader
  /// The top of the configuration file, if there is one.
  let file: Section?
  /// The top of `DefaultConfiguration`.
  let standard: Section
  /// Decides whether every API is answered by the mock adapter, and whether exchanges are logged by default.
  let boot: BootSettings

  private var report: Report { settings.report }

  func read() -> TrafficSettings {
    let apis = readAPIs()
    var traffic = TrafficSettings(pipeline: pipeline(), apis: apis, defaultAPI: defaultAPI(of: apis))
    traffic.limits = limits()
    traffic.timeouts = timeouts()
    traffic.prices = PriceReader(settings: settings, apis: apis.map(\.name)).read(file?.section("prices"))
    traffic.allowUnauthenticated = settings.boolean("allow_unauthenticated", in: file, default: false)
    return traffic
  }

  private func pipeline() -> [StageSettings] {
    if let file, let node = file.node("pipeline") {
      return PipelineReader(settings: settings).read(node)
    }
    if let place = file?.place(of: "pipeline") {
      report.refuse(
        place, "pipeline", "this is empty, so nothing would be forwarded",
        "list stages, or remove the key for the default ones")
    }
    guard let node = standard.node("pipeline") else { return [] }
    let stages = PipelineReader(settings: settings).read(node)
    // Whoever turns the log down to warnings wants no line for each exchange either.
    return boot.log.level > .info ? stages.filter { $0.use != "core.log" } : stages
  }

  private func readAPIs() -> [APISettings] {
    let reader = APIReader(settings: settings, usesMock: boot.mockUpstream)
    let isWritten = file?.place(of: "apis") != nil
    guard let node = isWritten ? file?.node("apis") : standard.node("apis") else {
      let place = file?.place(of: "apis") ?? standard.place
      report.refuse(
        place, "apis", "no API providers configured",
        "write at least one provider, or remove the key for the built-in one")
      return []
    }
    return reader.read(node)
  }

  /// `DEFAULT_API_PROVIDER` if it names an entry, else `default_api`, else `openai`, else the first.
  private func defaultAPI(of apis: [APISettings]) -> Int {
    func index(of name: String) -> Int? { apis.firstIndex { $0.name == name } }
    guard !apis.isEmpty else { return 0 }  // Already refused.
    let names = apis.map(\.name)
    let written = file?.scalar("default_api")
    if let written, index(of: written.scalar.text) == nil {
      let nearest = Report.nearest(to: written.scalar.text, among: names)
      report.refuse(
        written.place, "default_api", "default API '\(written.scalar.written)' not found in configured APIs",
        nearest.map { "did you mean \"\($0)\"?" } ?? "write one of \(names.joined(separator: ", "))")
    }
    if let name = settings.environment["DEFAULT_API_PROVIDER"] {
      if let index = index(of: name) {
        return note(index, apis, settings.environment.sourceDescription(of: "DEFAULT_API_PROVIDER"))
      }
      let (place, key) = settings.environment.place(of: "DEFAULT_API_PROVIDER")
      if written == nil {
        report.refuse(
          place, key, "default API '\(name)' not found in configured APIs",
          "write one of \(names.joined(separator: ", "))")
      } else {
        report.warn(place, key, "'\(name)' is not a configured API; default_api is used")
      }
    }
    if let written, let index = index(of: written.scalar.text) {
      return note(index, apis, written.place.description)
    }
    return note(index(of: "openai") ?? 0, apis, "default")
  }

  private func note(_ index: Int, _ apis: [APISettings], _ source: String) -> Int {
    if apis.indices.contains(index) { report.resolve("default_api", apis[index].name, from: source) }
    return index
  }

  private func limits() -> LimitSettings {
    let section = file?.section("limits")
    var limits = LimitSettings()
    limits.requestBodyBytes = settings.size(
      "limits.request_body_bytes", in: section, variable: "MAX_REQUEST_SIZE",
      default: limits.requestBodyBytes, minimum: 1)
    limits.requestHeadBytes = settings.size(
      "limits.request_head_bytes", in: section, default: limits.requestHeadBytes, minimum: 1_024)
    limits.requestFields = settings.integer(
      "limits.request_fields", in: section, default: limits.requestFields, range: 1...10_000)
    limits.heldBodyBytes = settings.size(
      "limits.held_body_bytes", in: section, default: limits.heldBodyBytes, minimum: 1)
    limits.clientConnections = settings.optional(
      "limits.client_connections", in: section, show: \.description
    ) {
      (text) throws(SettingProblem) in try SettingText.integer(text, in: 1...10_000_000)
    }
    if limits.heldBodyBytes < limits.requestBodyBytes, let section,
      let place = section.place(of: "held_body_bytes")
    {
      report.refuse(
        place, section.fullPath("held_body_bytes"), "this is less than request_body_bytes",
        "one body must fit: write \(limits.requestBodyBytes) or more")
    }
    return limits
  }

  private func timeouts() -> TimeoutSettings {
    let section = file?.section("timeouts")
    var timeouts = TimeoutSettings()
    timeouts.requestHead = settings.duration(
      "timeouts.request_head", in: section, variable: "REQUEST_TIMEOUT", default: timeouts.requestHead)
    timeouts.requestBodyIdle = settings.duration(
      "timeouts.request_body_idle", in: section, default: timeouts.requestBodyIdle)
    timeouts.keepAliveIdle = settings.duration(
      "timeouts.keep_alive_idle", in: section, default: timeouts.requestHead * 2)
    timeouts.clientWriteIdle = settings.duration(
      "timeouts.client_write_idle", in: section, default: timeouts.clientWriteIdle)
    timeouts.drain = settings.duration("timeouts.drain", in: section, default: timeouts.drain)
    return timeouts
  }
}
