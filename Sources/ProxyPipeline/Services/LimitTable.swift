import Synchronization

/// Counters behind `llmp.limits/1`: token buckets, fixed windows and concurrency, by key. Any thread.
///
/// Keys are spread over shards, each with a lock of its own; a take that touches several keys locks the shards
/// it needs in order, so that all limits are taken or none. Memory is bounded: counters that are full again (or
/// free, or in an old window) are dropped when a shard grows.
public final class LimitTable: Sendable {
  struct Request {
    var key: [UInt8]
    var algorithm: UInt32
    var limit: UInt64
    var windowNanoseconds: UInt64
    var burst: UInt64
    var cost: UInt64
  }

  enum Outcome: Equatable {
    case allowed(remaining: UInt64)
    case refused(index: Int, retryAfterNanoseconds: UInt64)
  }

  struct Counter {
    var algorithm: UInt32
    /// Bucket: tokens in it, in billionths. Window: units used. Concurrency: units held.
    var level: UInt64
    /// Bucket: when it was filled last. Window: when it began. Monotonic nanoseconds.
    var moment: UInt64
    var capacity: UInt64
    var windowNanoseconds: UInt64
  }

  private final class Shard: Sendable {
    let counters = Mutex<[[UInt8]: Counter]>([:])
  }

  private static let shardCount = 64
  private static let countersPerShard = 16_384
  private let shards: [Shard] = (0..<shardCount).map { _ in Shard() }

  /// Takes all of `requests` or none.
  func take(_ requests: [Request], now: UInt64) -> Outcome {
    var remaining = UInt64.max
    var taken = 0
    for (index, request) in requests.enumerated() {
      let outcome = withCounter(request, now) { LimitArithmetic.take(request, &$0, now) }
      switch outcome {
      case .allowed(let left):
        remaining = min(remaining, left)
        taken += 1
      case .refused(_, let retry):
        for earlier in requests.prefix(taken) {
          withCounter(earlier, now) { LimitArithmetic.giveBack(earlier, &$0) }
        }
        return .refused(index: index, retryAfterNanoseconds: retry)
      }
    }
    return .allowed(remaining: remaining)
  }

  /// Returns a concurrency unit, or units that were estimated too high.
  func giveBack(_ request: Request, now: UInt64) {
    withCounter(request, now) { LimitArithmetic.giveBack(request, &$0) }
  }

  /// Takes units beyond what was estimated; may push the counter below zero of what is allowed.
  func charge(_ request: Request, now: UInt64) {
    withCounter(request, now) { LimitArithmetic.charge(request, &$0, now) }
  }

  private func withCounter<T>(_ request: Request, _ now: UInt64, _ body: (inout Counter) -> T) -> T {
    shards[Self.shard(request.key)].counters.withLock { counters in
      if counters.count >= Self.countersPerShard, counters[request.key] == nil {
        counters = counters.filter { !LimitArithmetic.isIdle($0.value, now) }
      }
      return body(&counters[request.key, default: LimitArithmetic.fresh(request, now)])
    }
  }

  private static func shard(_ key: [UInt8]) -> Int {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in key { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    return Int((hash >> 32) % UInt64(shardCount))
  }
}
