/// The parts behind the pages that show a running server.
struct LivePages: Sendable {
  let server: any LiveServer
  let operations: Operations
  let sampler: TrafficSampler
  let hub: EventHub
  private let cache = OverviewCache()

  /// Pages that show `server`; events go out through `hub` to sessions that are alive.
  init(server: any LiveServer, operations: Operations, hub: EventHub, sessions: AdminSessions) {
    self.server = server
    self.operations = operations
    self.hub = hub
    sampler = TrafficSampler(
      server: server, store: operations.state, hub: hub, sessions: sessions, overview: cache)
    operations.trail.changes.listen { [hub] record in
      hub.publish(EventText.event("change", record.change))
    }
  }

  /// Adds all routes.
  func add(to routes: RouteTable) {
    ExchangeRoutes(pages: self).add(to: routes)
    OverviewRoutes(pages: self, cache: cache).add(to: routes)
    PipelineRoutes(pages: self).add(to: routes)
    ProviderRoutes(pages: self).add(to: routes)
    ConfigurationRoutes(pages: self).add(to: routes)
  }
}
