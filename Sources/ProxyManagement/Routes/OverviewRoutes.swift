import ProxyCore
import ProxyPipeline
import ProxyStore
import Synchronization

/// `/manage/overview`: the whole state at a glance.
struct OverviewRoutes: Sendable {
  let pages: LivePages
  let cache: OverviewCache

  /// Adds the route.
  func add(to routes: RouteTable) {
    routes.managed("/manage/overview", ["GET": overview])
  }

  private func overview(_ context: ManagementContext) async throws -> Reply {
    let range = try OverviewRange(context.query.text("range") ?? "1h")
    let now = Timestamp.now()
    let (traffic, history) = await pages.sampler.current()
    let figures = await cache.figures(range, now: now, state: pages.operations.state)
    let series = OverviewSeries(range: range, history: history, figures: figures, now: now)
    let changes = await pages.operations.trail.changes.recent(pages.operations.state)
    let streams = max(0, traffic.figures.streamsInFlight)
    return .json(
      200,
      [
        "range": .string(range.name), "step_seconds": .integer(range.step), "now": .string(now.rfc3339),
        "health": HealthDocument.document(pages.operations.state.health), "totals": series.totals,
        "in_flight": ["exchanges": .integer(traffic.inFlight), "streams": .integer(streams)],
        "latency_ms": Histogram.document(of: series.buckets), "series": series.document,
        "top_projects": figures.projects, "top_models": figures.models,
        "recent_changes": .array(changes.map { $0.document }), "process": pages.sampler.process,
        "counts": figures.counts,
      ])
  }
}

/// A stretch of time that the overview shows.
struct OverviewRange: Sendable, Equatable {
  let name: String
  let seconds: Int64
  /// Length of a point of the series.
  let step: Int64

  private static let all = [
    OverviewRange(name: "15m", seconds: 900, step: 10), OverviewRange(name: "1h", seconds: 3600, step: 30),
    OverviewRange(name: "24h", seconds: 86_400, step: 3600),
    OverviewRange(name: "7d", seconds: 7 * 86_400, step: 3600),
    OverviewRange(name: "30d", seconds: 30 * 86_400, step: 86_400),
  ]

  private init(name: String, seconds: Int64, step: Int64) {
    self.name = name
    self.seconds = seconds
    self.step = step
  }

  /// Reads the name. Throws 400 for one that is not known.
  init(_ name: String) throws(ManagementFault) {
    guard let range = Self.all.first(where: { $0.name == name }) else {
      throw .invalid("range must be one of " + Self.all.map(\.name).joined(separator: ", "))
    }
    self = range
  }

  /// First second of the first point; points begin at multiples of their length.
  func start(now: Timestamp) -> Int64 { (now.seconds - seconds + step) / step * step }

  /// True when the history in memory is too short for it.
  var isLong: Bool { seconds > 3600 }
}
