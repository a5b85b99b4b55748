import ProxyConfig
import ProxyPipeline
import ProxyPluginHost
import ProxyStore

/// `/manage/pipeline` and `/manage/plugins`: the chain as it runs.
struct PipelineRoutes: Sendable {
  let pages: LivePages

  /// Adds the routes.
  func add(to routes: RouteTable) {
    routes.managed("/manage/pipeline", ["GET": pipeline])
    routes.managed("/manage/plugins", ["GET": plugins])
  }

  private func pipeline(_ context: ManagementContext) async throws -> Reply {
    guard let serving = pages.server.serving else { throw ManagementFault.unavailable("no pipeline runs") }
    let traffic = pages.server.configuration.traffic
    let generation = serving.generation
    let stages = zip(generation.stages, traffic.pipeline).map { PipelineDocument.stage($0, $1) }
    let adapters = zip(generation.providers, traffic.apis).map { PipelineDocument.adapter($0, $1) }
    return .json(
      200,
      [
        "generation": .integer(generation.number),
        "since": .string(Timestamp(milliseconds: pages.server.servingSince).rfc3339),
        // One of the pins is the owner's.
        "in_flight": .integer(max(0, generation.pinCount - 1)), "stages": .array(stages),
        "adapters": .array(adapters),
      ])
  }

  private func plugins(_ context: ManagementContext) async throws -> Reply {
    guard let serving = pages.server.serving else { return .json(200, []) }
    return .json(200, .array(PluginDocument.all(serving.generation)))
  }
}
