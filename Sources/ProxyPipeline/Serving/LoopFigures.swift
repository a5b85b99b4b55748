/// What one loop has counted since start. A value: read it on the loop, add it up elsewhere.
public struct LoopFigures: Sendable {
  /// Upper bounds of the latency buckets, in microseconds; the last bucket has none.
  public static let bounds: [UInt64] = [
    500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    5_000_000, 10_000_000, 30_000_000, 60_000_000,
  ]

  /// Exchanges ended, by status / 100 (index 0: nothing was sent).
  public var byClass = [UInt64](repeating: 0, count: 6)
  /// Exchanges ended, by exact status.
  public var byStatus: [UInt16: UInt64] {
    var all = otherStatuses
    if succeeded > 0 { all[200, default: 0] += succeeded }
    return all
  }

  /// Exchanges ended with status 200, which nearly all are; the others are in a table.
  private var succeeded: UInt64 = 0
  private var otherStatuses: [UInt16: UInt64] = [:]
  /// Exchanges whose duration fell into each bucket.
  public var durationBuckets = [UInt64](repeating: 0, count: bounds.count + 1)
  /// Sum of the durations in microseconds.
  public var durationSum: UInt64 = 0
  /// Exchanges by the time until the provider's head, same bounds.
  public var upstreamBuckets = [UInt64](repeating: 0, count: bounds.count + 1)
  /// Sum of those times in microseconds.
  public var upstreamSum: UInt64 = 0
  /// Answers that were event streams.
  public var streams: UInt64 = 0
  /// Event streams under way.
  public var streamsInFlight = 0
  /// Answers given by the gateway itself.
  public var gatewayReplies: UInt64 = 0
  /// Clients that left before the end.
  public var clientsGone: UInt64 = 0
  /// Requests that a budget had no room for.
  public var budgetRefusals: UInt64 = 0
  /// Answers from the response cache.
  public var cacheHits: UInt64 = 0
  /// Requests that it had no answer for.
  public var cacheMisses: UInt64 = 0
  /// Requests that were kept away from it.
  public var cacheBypasses: UInt64 = 0
  /// Answers that it kept.
  public var cacheStores: UInt64 = 0
  /// Attempts that broke.
  public var upstreamFailures: UInt64 = 0
  /// Attempts repeated on a fresh connection because a pooled one was stale.
  public var staleRetries: UInt64 = 0
  /// Stage failures, open or closed.
  public var stageFailures: UInt64 = 0
  /// Body bytes from clients.
  public var requestBytes: UInt64 = 0
  /// Body bytes to clients.
  public var responseBytes: UInt64 = 0
  /// Requests refused by the codec, before there was an exchange.
  public var malformed: UInt64 = 0
  /// Client connections accepted.
  public var connectionsAccepted: UInt64 = 0
  /// Client connections open now.
  public var connectionsOpen = 0
  /// Model tokens read, as far as providers said.
  public var inputTokens: UInt64 = 0
  /// Model tokens written, as far as providers said.
  public var outputTokens: UInt64 = 0
  /// Exchanges that reached a provider, by position of the API.
  public var routes: [RouteFigures] = []

  /// All zero.
  public init() {}

  mutating func count(status: UInt16, durationMicroseconds: UInt64) {
    byClass[min(Int(status) / 100, 5)] += 1
    if status == 200 { succeeded += 1 } else { otherStatuses[status, default: 0] += 1 }
    durationBuckets[Self.bucket(durationMicroseconds)] += 1
    durationSum += durationMicroseconds
  }

  mutating func countAttempt(route: Int, isFailed: Bool, headMicroseconds: UInt64?) {
    while routes.count <= route { routes.append(RouteFigures()) }
    routes[route].requests += 1
    if isFailed { routes[route].errors += 1 }
    if let headMicroseconds { routes[route].headBuckets[Self.bucket(headMicroseconds)] += 1 }
  }

  static func bucket(_ microseconds: UInt64) -> Int {
    var index = 0
    while index < bounds.count, microseconds > bounds[index] { index += 1 }
    return index
  }
}

extension LoopFigures {
  /// Adds the figures of another loop.
  public mutating func add(_ other: LoopFigures) {
    for index in byClass.indices { byClass[index] += other.byClass[index] }
    succeeded += other.succeeded
    otherStatuses.merge(other.otherStatuses, uniquingKeysWith: +)
    for index in durationBuckets.indices {
      durationBuckets[index] += other.durationBuckets[index]
      upstreamBuckets[index] += other.upstreamBuckets[index]
    }
    durationSum += other.durationSum
    upstreamSum += other.upstreamSum
    streams += other.streams
    streamsInFlight += other.streamsInFlight
    gatewayReplies += other.gatewayReplies
    clientsGone += other.clientsGone
    budgetRefusals += other.budgetRefusals
    cacheHits += other.cacheHits
    cacheMisses += other.cacheMisses
    cacheBypasses += other.cacheBypasses
    cacheStores += other.cacheStores
    upstreamFailures += other.upstreamFailures
    staleRetries += other.staleRetries
    stageFailures += other.stageFailures
    requestBytes += other.requestBytes
    responseBytes += other.responseBytes
    malformed += other.malformed
    connectionsAccepted += other.connectionsAccepted
    connectionsOpen += other.connectionsOpen
    inputTokens += other.inputTokens
    outputTokens += other.outputTokens
    for (index, route) in other.routes.enumerated() {
      if index == routes.count { routes.append(route) } else { routes[index].add(route) }
    }
  }
}
