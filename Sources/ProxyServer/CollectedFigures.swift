import ProxyListener
import ProxyPipeline
import ProxyTransport

/// The figures of one loop, or of all added up.
struct CollectedFigures: Sendable {
  var figures = LoopFigures()
  var pool = UpstreamPool.Statistics()
  var active = 0

  init() {}

  /// Reads a loop's figures; on that loop.
  init(_ listener: LoopListener) {
    figures = listener.loop.figures
    pool = listener.loop.pool.statistics
    active = listener.loop.activeCount
  }

  /// Exchanges ended.
  var requests: UInt64 { figures.byClass.reduce(0, +) }
  /// Those with status 400 or above.
  var errors: UInt64 { figures.byClass[4] + figures.byClass[5] }

  mutating func add(_ other: CollectedFigures) {
    figures.add(other.figures)
    pool.opened += other.pool.opened
    pool.failed += other.pool.failed
    pool.reused += other.pool.reused
    pool.idle += other.pool.idle
    pool.open += other.pool.open
    active += other.active
  }
}
