import ProxyConfig
import ProxyCore
import ProxyStore

/// `/manage/providers`: the configured APIs, how they do, and a test call.
struct ProviderRoutes: Sendable {
  static let path = "/manage/providers"
  static let notFound = ManagementFault(404, "provider_not_found", "no API of this name is configured")

  let pages: LivePages

  /// Adds the routes.
  func add(to routes: RouteTable) {
    let tests: [String: RouteTable.Handler] = ["POST": test]
    routes.managed(Self.path, ["GET": list]) { item in item.hasSuffix("/test") ? tests : [:] }
  }

  private func list(_ context: ManagementContext) async throws -> Reply {
    let traffic = await pages.sampler.current().figures
    let apis = pages.server.configuration.traffic.apis
    return .json(200, .array(apis.indices.map { document(apis[$0], $0, traffic) }))
  }

  private func document(_ api: APISettings, _ index: Int, _ traffic: TrafficFigures) -> JSONValue {
    let routes = traffic.figures.routes
    let figures = routes.indices.contains(index) ? routes[index] : nil
    let connections =
      traffic.connections.indices.contains(index) ? traffic.connections[index] : TrafficFigures.Connections()
    let failure: JSONValue =
      traffic.failures[index].map { failure in
        [
          "at": .string(Timestamp(milliseconds: failure.unixMilliseconds).rfc3339),
          "message": .string(failure.reason),
        ]
      } ?? .null
    let buckets = figures?.headBuckets ?? []
    let hasLatency = buckets.contains { $0 > 0 }
    return [
      "name": .string(api.name), "adapter": .string(api.adapter),
      "base_url": .string(api.baseURL.description),
      "is_default": .bool(index == pages.server.configuration.traffic.defaultAPI),
      "allowed_endpoints": .array(api.allowedEndpoints.map { .string($0) }),
      "allowed_methods": .array(api.allowedMethods.map { .string($0) }),
      "has_api_key": .bool(api.apiKey != nil),
      "api_key_mask": .optional(api.apiKey.map { Mask.key($0.revealText()) }),
      "requests": .integer(figures?.requests ?? 0), "errors": .integer(figures?.errors ?? 0),
      "upstream_latency_ms": hasLatency ? Histogram.document(of: buckets) : .null,
      "connections": ["open": .integer(connections.open), "idle": .integer(connections.idle)],
      "last_error": failure, "origin": .string("\(api.origin)"),
    ]
  }

  private func test(_ context: ManagementContext) async throws -> Reply {
    let apis = pages.server.configuration.traffic.apis
    let item = context.item(of: Self.path).dropLast("/test".count)
    let name = Percent.decoded(item) ?? String(item)
    guard let route = apis.firstIndex(where: { $0.name == name }) else { throw Self.notFound }
    return try await pages.operations.audited("provider.test", context) { draft in
      let fields = try RequestFields(context.request.body.isEmpty ? Array("{}".utf8) : context.request.body)
      try fields.refuseOthers(than: "project_id", "model")
      let project = try fields.string("project_id")
      let model = try fields.string("model")
      draft.projectID = project
      draft.note("provider", name)
      draft.note("model", model)
      if let project {
        _ = try await pages.operations.ask(to: "test provider", missing: .projectNotFound) {
          (state) throws(StoreError) in try await state.project(id: project)
        }
      }
      let result = await pages.server.probe(ProviderProbe(route: route, projectID: project, model: model))
      draft.note("status", .integer(result.status))
      return .json(200, Self.document(result))
    }
  }

  private static func document(_ result: ProviderProbe.Result) -> JSONValue {
    let isGood = (200..<300).contains(result.status)
    return [
      "ok": .bool(isGood), "status": .integer(result.status), "latency_ms": .decimal(result.milliseconds),
      "message": .string(isGood ? "the provider answered" : message(result)),
    ]
  }

  /// The provider's own sentence where it gives one: `{"error":{"message":…}}`, or `{"error":…}`.
  private static func message(_ result: ProviderProbe.Result) -> String {
    guard result.status != 0 else { return "no answer came" }
    guard let document = try? JSONReader.firstValue(of: result.body), let error = document["error"] else {
      return "the provider answered \(result.status)"
    }
    let text: JSONValue? = if case .string = error { error } else { error["message"] }
    guard case .string(let sentence)? = text else { return "the provider answered \(result.status)" }
    return Redaction.shown(sentence, 500)
  }
}
