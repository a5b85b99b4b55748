import ProxyCore
import ProxyStore

/// What `/metrics` shows. Implemented by whoever counts.
public protocol MetricsSource: Sendable {
  /// All figures in the Prometheus text format 0.0.4.
  func prometheus() async -> String
  /// The main figures as one JSON object.
  func json() async -> String
}

/// The pages for monitors: `/health`, `/live`, `/ready` and the metrics. No credentials, any method.
struct HealthRoutes: Sendable {
  let state: any ManagementState
  /// Where the metrics are; `nil` when there are none.
  let metrics: (path: String, source: any MetricsSource)?

  /// Adds the routes.
  func add(to routes: RouteTable) {
    routes.open("/health", health)
    routes.open("/live") { _ in .text(200, "alive") }
    routes.open("/ready", ready)
    if let metrics {
      routes.open(metrics.path) { context in
        Self.prefersJSON(context.request)
          ? Reply(
            status: 200, headers: [Reply.jsonType, Self.vary],
            body: .bytes(Array(await metrics.source.json().utf8)))
          : await Self.prometheus(metrics.source)
      }
      routes.open(metrics.path + "/prometheus") { _ in await Self.prometheus(metrics.source) }
    }
  }

  /// Says that the process answers; looks at nothing else.
  private func health(_ context: ManagementContext) async throws -> Reply {
    .json(
      200,
      [
        "status": "ok", "timestamp": .string(Timestamp.now().rfc3339),
        "version": .string(ProxyVersion.number),
      ])
  }

  /// Says whether requests can be served with what is known; the reason is for the operator and names no
  /// path.
  private func ready(_ context: ManagementContext) async throws -> Reply {
    let health = state.health
    guard !health.isWritable else { return .text(200, "ready") }
    let problem = health.problem ?? "it does not answer"
    return .text(503, "the database cannot be used: \(problem); traffic goes on from memory while it can\n")
  }

  private static let vary = ("Vary", "Accept")

  private static func prometheus(_ source: any MetricsSource) async -> Reply {
    Reply(
      status: 200, headers: [("Content-Type", "text/plain; version=0.0.4; charset=utf-8"), vary],
      body: .bytes(Array(await source.prometheus().utf8)))
  }

  /// True when `Accept` names JSON, and does not weigh plain text higher.
  static func prefersJSON(_ request: ControlRequest) -> Bool {
    var json = 0.0
    var text = 0.0
    for entry in (request.list("accept") ?? "").split(separator: ",") {
      let parts = entry.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
      let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
      switch parts.first {
      case "application/json": json = max(json, weight)
      case "text/plain", "application/openmetrics-text": text = max(text, weight)
      default: break
      }
    }
    return json > 0 && json >= text
  }
}
