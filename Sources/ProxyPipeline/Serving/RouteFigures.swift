/// What one loop has counted of one API since start.
public struct RouteFigures: Sendable {
  /// Exchanges that reached the adapter.
  public var requests: UInt64 = 0
  /// Those that failed there or answered 500 and above.
  public var errors: UInt64 = 0
  /// Exchanges by the time until the provider's head; bounds as `LoopFigures.bounds`.
  public var headBuckets = [UInt64](repeating: 0, count: LoopFigures.bounds.count + 1)

  /// All zero.
  public init() {}

  mutating func add(_ other: RouteFigures) {
    requests += other.requests
    errors += other.errors
    for index in headBuckets.indices { headBuckets[index] += other.headBuckets[index] }
  }
}

/// The last time that a provider failed.
public struct RouteFailure: Sendable {
  /// When, in milliseconds since the Unix epoch.
  public var unixMilliseconds: Int64
  /// What, such as `connect`.
  public var reason: String
}
