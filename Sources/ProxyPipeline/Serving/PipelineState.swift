public import ProxyCore
public import ProxyStore
import Synchronization

/// What exchanges of all loops share: tokens and projects, the ledger, limits, logs. Any thread.
public final class PipelineState: Sendable {
  /// Tokens and projects.
  public let directory: Directory
  /// Where failures are told.
  public let log: PipelineLog
  /// Counters behind `llmp.limits/1`.
  public let limits = LimitTable()
  let leases: LeaseBook
  /// Values behind `llmp.kv/1`.
  let values = ValueTable()
  /// Metrics that plugins define.
  public let metrics = PluginMetrics()
  /// The exchanges that ended last.
  public let journal = ExchangeJournal()
  /// Bytes of request bodies held by exchanges of all loops. Relaxed: a bound, nothing is published through it.
  let heldBytes = Atomic<Int>(0)
  /// Bytes of request bodies held at this moment.
  public var heldBodyBytes: Int { heldBytes.load(ordering: .relaxed) }
  /// What models cost.
  let prices: PriceBook
  let recordUsage: @Sendable (consuming UsageEntry) -> Void
  let recordDenial: (@Sendable (DeniedRequest) -> Void)?

  /// Creates the state.
  ///
  /// - Parameters:
  ///   - recordDenial: is told of refused requests; must not block.
  ///   - recordUsage: takes an entry for the ledger; must not block.
  public init(
    directory: Directory, log: PipelineLog, prices: PriceBook = PriceBook(),
    recordDenial: (@Sendable (DeniedRequest) -> Void)? = nil,
    recordUsage: @escaping @Sendable (consuming UsageEntry) -> Void
  ) {
    self.directory = directory
    leases = LeaseBook(limits)
    self.log = log
    self.prices = prices
    self.recordDenial = recordDenial
    self.recordUsage = recordUsage
  }
}
