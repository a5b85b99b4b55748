import ProxyCore
import ProxyPipeline
import ProxyStore
import ProxyTelemetry
import Synchronization

/// Reads the counters once a second, keeps their history, and tells the pages that listen.
///
/// One task, owned by the control plane: it costs a few microseconds a second while nobody looks.
final class TrafficSampler: Sendable {
  /// Exchanges shown a second to a listener; the rest is counted.
  static let shownPerSecond = 20
  private static let ticksPerSecond = 4

  private struct State {
    var history = TrafficHistory()
    var latest = TrafficFigures()
    var process = ProcessFigures.now()
    var cpuPercent = 0.0
    var measuredAt = Clocks.monotonicNanoseconds()
    var health: JSONValue = .null
  }

  private let server: any LiveServer
  private let store: any ManagementState
  private let hub: EventHub
  private let sessions: AdminSessions
  private let overview: OverviewCache
  private let state = Mutex(State())
  private let task = Mutex<Task<Void, Never>?>(nil)
  /// When the process began to serve.
  let started = Clocks.monotonicNanoseconds()

  init(
    server: any LiveServer, store: any ManagementState, hub: EventHub, sessions: AdminSessions,
    overview: OverviewCache
  ) {
    self.overview = overview
    self.server = server
    self.store = store
    self.hub = hub
    self.sessions = sessions
  }

  /// Begins to read.
  func start() {
    task.withLock { task in
      if task == nil { task = Task { [weak self] in await self?.run() } }
    }
  }

  /// Ends, and waits for it.
  func stop() async {
    let running = task.withLock { $0 }
    running?.cancel()
    await running?.value
  }

  /// The counters now, and their history up to now.
  func current() async -> (figures: TrafficFigures, history: TrafficHistory) {
    await read()
    return state.withLock { ($0.latest, $0.history) }
  }

  /// Memory, CPU and age of the process.
  var process: JSONValue {
    let (figures, cpu) = state.withLock { ($0.process, $0.cpuPercent) }
    return [
      "memory_bytes": .integer(figures.residentBytes), "cpu_percent": .decimal(cpu),
      "uptime_seconds": .integer((Clocks.monotonicNanoseconds() - started) / 1_000_000_000),
      "version": .string(ProxyVersion.number),
    ]
  }

  private func read() async {
    let figures = await server.traffic()
    let second = Clocks.unixMilliseconds() / 1000
    state.withLock { state in
      // Readings overlap; an older one must not undo a newer.
      guard figures.requests >= state.latest.requests else { return }
      state.latest = figures
      state.history.record(figures.figures, chargedMicros: figures.chargedMicros, at: second)
    }
  }

  private func measure() {
    let figures = ProcessFigures.now()
    let now = Clocks.monotonicNanoseconds()
    state.withLock { state in
      let elapsed = Double(now - state.measuredAt) / 1_000_000_000
      guard elapsed > 0.5 else { return }
      state.cpuPercent = max(0, (figures.cpuSeconds - state.process.cpuSeconds) / elapsed * 100)
      state.process = figures
      state.measuredAt = now
    }
  }
}

// MARK: - Live

extension TrafficSampler {
  private func run() async {
    var tick = 0
    var tail = LiveTail(sequence: server.journal.lastSequence)
    while !Task.isCancelled {
      let isWatched = hub.listenerCount > 0
      if !isWatched { tail = LiveTail(sequence: server.journal.lastSequence) }
      if isWatched {
        tail.publish(
          server.journal, ExchangeDocument(prices: store.prices), to: hub,
          most: Self.shownPerSecond / Self.ticksPerSecond)
      }
      if tick % Self.ticksPerSecond == 0 {
        await read()
        measure()
        await overview.refreshCounts(store)
        if isWatched { publishEachSecond(&tail, second: tick / Self.ticksPerSecond) }
      }
      tick += isWatched ? 1 : Self.ticksPerSecond
      // Ends early only when the task is cancelled, and then the loop does.
      try? await Task.sleep(for: isWatched ? .milliseconds(250) : .seconds(1))
    }
  }

  private func publishEachSecond(_ tail: inout LiveTail, second: Int) {
    let (figures, history) = state.withLock { ($0.latest, $0.history) }
    hub.publish(EventText.event("sample", tail.sample(total: figures.requests)))
    if second % 2 == 0 {
      hub.publish(EventText.event("overview", Self.overview(figures, history)))
      hub.endOthers(than: sessions.isAlive)
    }
    if second % 15 == 0 { hub.publish(EventText.keepAlive) }
    let health = HealthDocument.document(store.health)
    let isNews = state.withLock { state in
      defer { state.health = health }
      return state.health != health
    }
    if isNews { hub.publish(EventText.event("health", health)) }
  }

  /// What a page shows before the first tick.
  var greeting: [UInt8] {
    let (figures, history) = state.withLock { ($0.latest, $0.history) }
    return EventText.event("overview", Self.overview(figures, history))
      + EventText.event("health", HealthDocument.document(store.health))
  }

  private static func overview(_ figures: TrafficFigures, _ history: TrafficHistory) -> JSONValue {
    let second = Clocks.unixMilliseconds() / 1000
    let recent = history.recent(2, at: second)
    let wide = history.recent(10, at: second)
    return [
      "rps": .decimal(Double(recent.requests) / 2),
      "error_rate": .decimal(wide.requests == 0 ? 0 : Double(wide.errors) / Double(wide.requests)),
      "in_flight": .integer(figures.inFlight), "streams": .integer(max(0, figures.figures.streamsInFlight)),
      "p50_ms": .decimal(Histogram.milliseconds(0.5, of: wide.buckets)),
      "p95_ms": .decimal(Histogram.milliseconds(0.95, of: wide.buckets)),
    ]
  }
}
