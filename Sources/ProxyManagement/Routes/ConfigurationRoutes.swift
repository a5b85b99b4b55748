import ProxyConfig

/// `/manage/config`: every setting in force and where its value comes from.
struct ConfigurationRoutes: Sendable {
  let pages: LivePages

  /// Adds the route.
  func add(to routes: RouteTable) {
    routes.managed("/manage/config", ["GET": show])
  }

  private func show(_ context: ManagementContext) async throws -> Reply {
    let configuration = pages.server.configuration
    let settings = configuration.settings.map { setting -> JSONValue in
      let origin = setting.origin
      let meaning = ConfigurationReference.meaning(of: setting.key)
      return [
        "key": .string(setting.key), "value": .string(Redaction.scrubbed(setting.value)),
        "source": .string(origin.kind.rawValue), "location": .optional(origin.location),
        "meaning": .optional(meaning?.text), "variable": .optional(meaning?.variable),
      ]
    }
    let warnings = configuration.warnings.map { JSONValue.string("\($0)") }
    return .json(
      200,
      [
        "settings": .array(settings), "warnings": .array(warnings),
        "file": .optional(configuration.settings.lazy.compactMap(\.origin.file).first),
      ])
  }
}
