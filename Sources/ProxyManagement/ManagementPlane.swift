import Hummingbird
public import Logging
public import ProxyCore

/// Everything below `/manage` and `/self`, the pages for monitors, and the answer to any other path that is not `/v1`.
///
/// Runs Hummingbird's router in process: a request comes in as `ControlRequest`, goes through the router with
/// a context of ours, and its answer goes out as `ControlResponse`. No socket, no server. Any thread.
public final class ManagementPlane: ControlPlane {
  private let responder: RouterResponder<ManagementContext>
  private let logger: Logger
  private let sampler: TrafficSampler?
  private let hub = EventHub()

  /// Builds the control plane.
  ///
  /// - Parameters:
  ///   - settings: read once.
  ///   - state: projects, tokens and audit events.
  ///   - metrics: what the metrics pages show; without it they do not exist.
  ///   - server: what runs; without it there are no pages that show it.
  ///   - auditLog: the audit trail's file; the caller flushes it before the process ends.
  ///   - logger: one line a request at info, failures at error.
  /// - Throws: `ConfigurationError` for settings that cannot be used.
  public init(
    settings: ManagementSettings, state: any ManagementState, metrics: (any MetricsSource)? = nil,
    server: (any LiveServer)? = nil, auditLog: AuditLog? = nil, logger: Logger
  ) throws(ConfigurationError) {
    try settings.check()
    let trail =
      settings.isAuditEnabled
      ? AuditTrail(state: settings.storesAuditInDatabase ? state : nil, log: auditLog)
      : AuditTrail(state: nil, log: nil)
    let operations = Operations(state: state, trail: trail)
    let access = AdminAccess(settings, trail: trail)
    let routes = RouteTable(router: Router(context: ManagementContext.self), gate: access.gate)
    let shownMetrics = settings.metrics.isEnabled ? metrics.map { (settings.metrics.path, $0) } : nil
    HealthRoutes(state: state, metrics: shownMetrics).add(to: routes)
    ProjectRoutes(operations: operations).add(to: routes)
    TokenRoutes(operations: operations).add(to: routes)
    AuditRoutes(operations: operations).add(to: routes)
    OpenAPIRoute(file: settings.openAPIFile).add(to: routes)
    SelfRoutes(operations: operations).add(
      to: routes,
      through: SelfGate(
        state: state, gate: access.gate, trail: trail, allowance: settings.admin.loginAttempts,
        seconds: settings.clock))
    UsageRoutes(operations: operations).add(to: routes)
    let pages = server.map { [hub] in
      LivePages(server: $0, operations: operations, hub: hub, sessions: access.sessions)
    }
    pages?.add(to: routes)
    sampler = pages?.sampler
    if settings.admin.isEnabled { access.addPages(folder: settings.admin.webDirectory, to: routes) }
    CacheRoutes(operations: operations, server: server).add(to: routes)
    // Last, so that it wraps no route: only requests that match none get here.
    routes.router.add(middleware: UnknownPath())
    responder = routes.router.buildResponder()
    self.logger = logger
  }

  /// Builds the control plane of the admin UI on a port of its own: sessions and files are here, everything else
  /// is asked of `api`.
  public init(admin settings: ManagementSettings, api: RemoteAPI, logger: Logger) throws(ConfigurationError) {
    try settings.check()
    let access = AdminAccess(settings, trail: AuditTrail(state: nil, log: nil))
    let routes = RouteTable(router: Router(context: ManagementContext.self), gate: access.gate)
    access.addPages(folder: settings.admin.webDirectory, to: routes)
    ForwardRoutes(api: api, gate: access.gate).add(to: routes)
    routes.router.add(middleware: UnknownPath())
    responder = routes.router.buildResponder()
    sampler = nil
    self.logger = logger
  }

  /// Begins to keep the history of the traffic.
  public func start() { sampler?.start() }

  /// Ends the streams of events, so that no page holds up the end of the process.
  public func endStreams() { hub.close() }

  /// Ends what `start` began.
  public func stop() async {
    hub.close()
    await sampler?.stop()
  }

  /// Answers one request; see `ControlPlane`.
  public func respond(to request: ControlRequest) async -> ControlResponse {
    let context = ManagementContext(source: .init(request: request, logger: logger))
    let began = Clocks.monotonicNanoseconds()
    var response = await answer(context)
    response.headers.append(("X-Request-ID", context.requestID))
    response.headers.append(("X-Correlation-ID", context.correlationID))
    response.headers.append(("X-Content-Type-Options", "nosniff"))
    if UnknownPath.isManagement(request.path) { response.headers.append(("Cache-Control", "no-store")) }
    let duration = (Clocks.monotonicNanoseconds() - began) / 1000
    context.logger.log(
      level: Self.level(of: request, response.status), "management request",
      metadata: [
        "http.method": "\(request.method)", "http.path": "\(context.shownPath)",
        "http.status": "\(response.status)", "client.address": "\(request.peer)",
        "duration_ms": "\(Double(duration) / 1000)",
      ])
    return response
  }

  /// A page of the UI asks for many things many times; only what matters to the operator is shown at info.
  private static func level(of request: ControlRequest, _ status: UInt16) -> Logger.Level {
    let isFile = request.path.hasPrefix(WebRoutes.path + "/") && request.method == "GET"
    let isLook = request.method == "GET" && request.header("x-background") == "1"
    return status < 400 && (isFile || isLook) ? .debug : .info
  }

  private func answer(_ context: ManagementContext) async -> ControlResponse {
    let request = context.request
    if let path = request.path == "/v1" ? "/v1/" : CanonicalPath.redirection(of: request.path) {
      return await ControlResponse(Self.redirection(to: path, query: request.query), in: context)
    }
    guard let method = HTTPRequest.Method(request.method) else {
      return await ControlResponse(.fault(.unknownMethod), in: context)
    }
    let head = HTTPRequest(method: method, scheme: nil, authority: nil, path: request.path)
    do {
      // Handlers read the body and the fields from the context; the router needs only the head.
      let routed = Request(head: head, body: RequestBody(buffer: ByteBuffer()))
      return await ControlResponse(try await responder.respond(to: routed, context: context), in: context)
    } catch {
      context.logger.error("management request failed", metadata: ["error": "\(error)"])
      return await ControlResponse(.fault(.failed(to: "answer")), in: context)
    }
  }

  private static func redirection(to path: String, query: String) -> Reply {
    var reply = Reply.text(301, "Moved Permanently\n")
    reply.headers.append(("Location", query.isEmpty ? path : "\(path)?\(query)"))
    return reply
  }
}

/// Answers requests that match no route: as JSON below `/manage` and `/self`, else as Go's `ServeMux` does.
private struct UnknownPath: RouterMiddleware {
  func handle(
    _ request: Request, context: ManagementContext,
    next: (Request, ManagementContext) async throws -> Response
  ) async throws -> Response {
    let reply: Reply = Self.isManagement(context.request.path) ? .fault(.unknownPath) : .notFound
    return reply.response
  }

  static func isManagement(_ path: String) -> Bool {
    ["/manage", "/self"].contains { path == $0 || path.hasPrefix($0 + "/") }
  }
}
