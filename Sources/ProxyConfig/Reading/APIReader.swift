import ProxyCore

/// Reads `apis:`.
struct APIReader {
  let settings: SettingReader
  /// True when the mock adapter answers for every API.
  let usesMock: Bool

  private var report: Report { settings.report }

  func read(_ node: YAMLNode) -> [APISettings] {
    guard case .mapping(let entries) = node.content else {
      report.refuse(
        node.place, "apis", "this is \(node.shape), not a mapping",
        "write a name for each provider: openai: { base_url: … }")
      return []
    }
    let written = entries.filter { !Section.isExtension($0.key) }
    if written.isEmpty {
      report.refuse(
        node.place, "apis", "no API providers configured",
        "write at least one provider, or remove the key for the built-in one")
    }
    return written.compactMap(api)
  }

  private func api(_ entry: YAMLEntry) -> APISettings? {
    let path = "apis.\(entry.key)"
    guard !entry.key.isEmpty, entry.key.utf8.count <= 64,
      entry.key.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f })
    else {
      report.refuse(entry.place, path, "this is not a name", "use 1 to 64 characters without spaces")
      return nil
    }
    guard let section = Section(entry.value, path: path, pattern: "apis.*", report: report) else {
      return nil
    }
    let adapter = adapter(section)
    var api = APISettings(
      name: entry.key, adapter: adapter, baseURL: baseURL(section, entry, adapter: adapter))
    api.origin = entry.place
    api.adapterConfigJSON = section.json("config")
    api.apiKey = apiKey(section)
    api.allowedEndpoints = PathRules.prefixes(section, "allowed_endpoints") ?? []
    api.allowedMethods = PathRules.methods(section, "allowed_methods") ?? []
    requireList("allowed_endpoints", in: section, entry, "write path prefixes: [/v1/chat/completions]")
    requireList("allowed_methods", in: section, entry, "write methods: [GET, POST]")
    let timeoutSection = section.section("timeouts")
    api.timeouts = timeouts(section, timeoutSection)
    api.pool = pool(section, timeoutSection)
    api.settingsJSON = settingsJSON(api, section)
    report.resolve(
      "\(path).allowed_endpoints", api.allowedEndpoints.joined(separator: " "), from: entry.place.description)
    report.resolve(
      "\(path).allowed_methods", api.allowedMethods.joined(separator: " "), from: entry.place.description)
    return api
  }

  private func adapter(_ section: Section) -> String {
    if usesMock {
      report.resolve(
        section.fullPath("adapter"), "mock",
        from: settings.environment.sourceDescription(of: "LLM_PROXY_MOCK"))
      return "mock"
    }
    return settings.value("apis.*.adapter", in: section, default: "openai", show: \.self) {
      (text) throws(SettingProblem) in
      let parts = text.split(separator: "/", omittingEmptySubsequences: false)
      guard (1...2).contains(parts.count), parts.allSatisfy({ !$0.isEmpty }),
        text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
      else {
        throw SettingProblem(
          "is not the name of an adapter", "write openai, mock, or <module id>/<component>")
      }
      return text
    }
  }

  private func baseURL(_ section: Section, _ entry: YAMLEntry, adapter: String) -> UpstreamOrigin {
    // The mock adapter never connects; the reserved name makes sure of it (RFC 6761 section 6.4).
    let nowhere = UpstreamOrigin(scheme: .http, host: "mock.invalid", port: 80)
    let isEmptyText = section.scalar("base_url")?.scalar.text.isEmpty == true
    guard section.node("base_url") != nil, !isEmptyText else {
      if adapter != "mock" {
        report.refuse(
          section.place(of: "base_url") ?? entry.place, section.fullPath("base_url"),
          "API '\(entry.key)' has empty base_url",
          "write the provider's address: https://api.openai.com")
      }
      return nowhere
    }
    return settings.value("apis.*.base_url", in: section, default: nowhere, show: \.description) {
      (text) throws(SettingProblem) in try UpstreamOrigin(parsing: text)
    }
  }

  private func requireList(_ key: String, in section: Section, _ entry: YAMLEntry, _ remedy: String) {
    let isEmpty: Bool
    switch section.node(key)?.content {
    case .sequence(let items): isEmpty = items.isEmpty
    case .scalar, .mapping: isEmpty = false
    case nil: isEmpty = true
    }
    guard isEmpty else { return }
    report.refuse(
      section.place(of: key) ?? entry.place, section.fullPath(key), "API '\(entry.key)' has no \(key)", remedy
    )
  }

  private func apiKey(_ section: Section) -> Secret? {
    guard let (scalar, place) = section.scalar("api_key") else { return nil }
    guard !scalar.isEmptyAfterInterpolation else { return nil }
    guard !scalar.text.isEmpty, scalar.text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
      report.refuse(
        place, section.fullPath("api_key"), "the value cannot be sent in a header",
        "write the key as it was issued")
      return nil
    }
    if !scalar.isInterpolated {
      report.warn(
        place, section.fullPath("api_key"),
        "a key stands in the file; write ${NAME} and set the variable instead")
    }
    report.resolve(
      section.fullPath("api_key"), Secret(scalar.text).description, from: section.source(of: "api_key"))
    return Secret(scalar.text)
  }

  private func timeouts(_ api: Section, _ section: Section?) -> APISettings.Timeouts {
    var timeouts = APISettings.Timeouts()
    let path = api.fullPath("timeouts")
    timeouts.connect = settings.bound("\(path).connect", in: section, default: timeouts.connect)
    timeouts.tlsHandshake = settings.bound(
      "\(path).tls_handshake", in: section, default: timeouts.tlsHandshake)
    timeouts.responseHeader = settings.bound(
      "\(path).response_header", in: section, default: timeouts.responseHeader)
    timeouts.idle = settings.bound("\(path).idle", in: section, default: timeouts.idle)
    timeouts.firstByte = settings.bound("\(path).request", in: section, default: timeouts.firstByte)
    timeouts.total = settings.bound("\(path).total", in: section, default: timeouts.total)
    // Read for its form only; negative values mean "at once" in Go, and at once is what always happens here.
    _ = section?.value("flush_interval", SettingText.duration)
    return timeouts
  }

  private func pool(_ api: Section, _ timeouts: Section?) -> APISettings.Pool {
    var pool = APISettings.Pool()
    pool.idleTimeout = settings.bound(
      "\(api.fullPath("timeouts")).idle_connection", in: timeouts, default: pool.idleTimeout)
    guard let section = api.section("connection") else { return pool }
    let count = { (text: String) throws(SettingProblem) in try SettingText.integer(text, in: 0...1_000_000) }
    let written = [section.value("max_idle_conns", count), section.value("max_idle_conns_per_host", count)]
    let bounds = written.compactMap(\.self)
    if !bounds.isEmpty {
      pool.idleConnections = bounds.filter { $0 > 0 }.min()
      report.resolve(
        section.path, pool.idleConnections.map { "\($0) idle" } ?? "any number idle",
        from: section.place.description)
    }
    return pool
  }

  private func settingsJSON(_ api: APISettings, _ section: Section) -> String {
    var members = [
      ("name", JSONWriter.string(api.name)), ("adapter", JSONWriter.string(api.adapter)),
      ("base_url", JSONWriter.string(api.baseURL.description)),
      ("allowed_methods", JSONWriter.strings(api.allowedMethods)),
      ("allowed_endpoints", JSONWriter.strings(api.allowedEndpoints)),
    ]
    if let node = section.node("param_whitelist") {
      members.append(("param_whitelist", whitelist(node, path: section.fullPath("param_whitelist"))))
    }
    if let origins = origins(section) { members.append(("allowed_origins", JSONWriter.strings(origins))) }
    if let headers = PathRules.headers(section, "required_headers") {
      members.append(("required_headers", JSONWriter.strings(headers)))
    }
    for entry in section.extensions {
      do {
        members.append((entry.key, try JSONWriter.text(of: entry.value)))
      } catch {
        report.refuse(error.place, section.fullPath(entry.key), error.problem.problem, error.problem.remedy)
      }
    }
    return "{\(members.map { "\(JSONWriter.string($0)):\($1)" }.joined(separator: ","))}"
  }

  private func whitelist(_ node: YAMLNode, path: String) -> String {
    guard case .mapping(let entries) = node.content else {
      report.refuse(
        node.place, path, "this is \(node.shape), not a mapping",
        "write patterns for each parameter: model: [gpt-4o]")
      return "{}"
    }
    let members = entries.map { entry in
      let patterns = Section.strings(entry.value, path: "\(path).\(entry.key)", report: report) ?? []
      for (pattern, place) in patterns where !PathRules.isPattern(pattern) {
        report.refuse(
          place, "\(path).\(entry.key)", "\"\(pattern)\" is not a pattern and would never match",
          "close brackets, or put \\ before them")
      }
      return "\(JSONWriter.string(entry.key)):\(JSONWriter.strings(patterns.map(\.text)))"
    }
    return "{\(members.joined(separator: ","))}"
  }

  private func origins(_ section: Section) -> [String]? {
    section.strings("allowed_origins")?.map { text, place in
      if text.hasSuffix("/") {
        report.warn(
          place, section.fullPath("allowed_origins"),
          "\"\(text)\" never matches: browsers send origins without a slash at the end")
      }
      return text
    }
  }
}
