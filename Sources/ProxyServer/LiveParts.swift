import NIOCore
import ProxyConfig
import ProxyCore
import ProxyListener
import ProxyManagement
import ProxyPipeline
import ProxyStore
import Synchronization

/// The running server as the admin pages see it: asks every loop, and knows the generation in force.
final class LiveParts: LiveServer {
  let configuration: Configuration
  let journal: ExchangeJournal
  let serving: ServingGeneration?
  let servingSince = Clocks.unixMilliseconds()
  private let ledger: UsageLedger
  private let blocking: BlockingPool
  private let loops = Mutex<[LoopServices]>([])

  init(
    _ configuration: Configuration, state: PipelineState, serving: ServingGeneration, ledger: UsageLedger,
    blocking: BlockingPool
  ) {
    self.blocking = blocking
    self.ledger = ledger
    self.configuration = configuration
    self.serving = serving
    journal = state.journal
  }

  /// Names the loops; before this nothing has been counted.
  func attach(_ loops: [LoopServices]) {
    self.loops.withLock { $0 = loops }
  }

  func traffic() async -> TrafficFigures {
    var all = TrafficFigures()
    all.chargedMicros = ledger.chargedMicros
    for loop in loops.withLock({ $0 }) {
      guard let one = await loop.run({ Self.read($0.loop) }) else { continue }
      all.figures.add(one.figures)
      all.inFlight += one.inFlight
      all.failures.merge(one.failures) { $0.unixMilliseconds > $1.unixMilliseconds ? $0 : $1 }
      for (index, connections) in one.connections.enumerated() {
        if index == all.connections.count { all.connections.append(.init()) }
        all.connections[index].open += connections.open
        all.connections[index].idle += connections.idle
      }
    }
    return all
  }

  func offers(_ command: String) -> Bool { serving?.offers(command) ?? false }

  func run(_ command: String, json: String) async throws -> [String] {
    guard let serving else { return [] }
    return try await withCheckedThrowingContinuation { continuation in
      blocking.run {
        continuation.resume(
          with: Result { () throws(CommandFailure) in try serving.run(command, json: json) })
      }
    }
  }

  private static func read(_ loop: LoopContext) -> TrafficFigures {
    var figures = TrafficFigures()
    figures.figures = loop.figures
    figures.inFlight = loop.activeCount
    figures.failures = loop.failures
    figures.connections = loop.serving.routes.map { route in
      let (open, idle) = loop.pool.connections(to: route.target)
      var connections = TrafficFigures.Connections()
      connections.open = open
      connections.idle = idle
      return connections
    }
    return figures
  }

  func probe(_ probe: ProviderProbe) async -> ProviderProbe.Result {
    let began = Clocks.monotonicNanoseconds()
    let loop = loops.withLock { $0.first }
    let answer = await loop?.probe(
      route: probe.route, projectID: probe.projectID, model: probe.model)
    let elapsed = Double(Clocks.monotonicNanoseconds() - began) / 1_000_000
    return ProviderProbe.Result(
      status: answer?.status ?? 0, milliseconds: elapsed, body: answer?.body ?? [])
  }
}

extension LoopServices {
  /// Sends a probe on this loop.
  func probe(route: Int, projectID: String?, model: String?) async -> ProbeAnswer? {
    let answer = eventLoop.flatSubmit {
      self.withListener { ProbeClient.send(on: $0.loop, route: route, projectID: projectID, model: model) }
    }
    return try? await answer.get()  // fails only when the loop has ended
  }
}
