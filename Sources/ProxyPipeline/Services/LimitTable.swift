import Synchronization

/// Counters behind `llmp.limits/1`: token buckets, fixed windows and concurrency, by key. Any thread.
///
/// Keys are spread over shards, each with a lock of its own; a take that touches several keys locks the shards
/// it needs in order, so that all limits are taken or none. Memory is bounded: counters that are full again (or
/// free, or in an old window) are dropped when a shard grows.
public final class LimitTable: Sendable {
  /// What is counted. Lent by a plugin for the length of one call, or kept for as long as a lease is open.
  ///
  /// `@unchecked Sendable`: only kept keys outlive a call and so reach another thread.
  enum Key: @unchecked Sendable {
    case lent(UnsafeRawBufferPointer)
    case kept([UInt8])

    func withBytes<T>(_ body: (UnsafeRawBufferPointer) -> T) -> T {
      switch self {
      case .lent(let bytes): body(bytes)
      case .kept(let bytes): bytes.withUnsafeBytes(body)
      }
    }

  }

  struct Request: Sendable {
    var key: Key
    var algorithm: UInt32
    var limit: UInt64
    var windowNanoseconds: UInt64
    var burst: UInt64
    var cost: UInt64

    /// The same for later, when the plugin's memory is gone.
    var kept: Request {
      var kept = self
      kept.key = .kept(key.withBytes { Array($0) })
      return kept
    }
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
    /// Bucket: units used beyond what was in it, in billionths; filled up first.
    var debt: UInt64 = 0
  }

  /// A counter with the key it belongs to. In the table under the hash of the key, or the first free number
  /// above it.
  private struct Entry {
    var key: [UInt8]
    var counter: Counter
  }

  private final class Shard: Sendable {
    let entries = Mutex<[UInt64: Entry]>([:])
  }

  private static let shardCount = 64
  private static let countersPerShard = 16_384
  private let shards: [Shard] = (0..<shardCount).map { _ in Shard() }

  /// Takes all of `requests` or none.
  func take(_ requests: some Collection<Request>, now: UInt64) -> Outcome {
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
          withCounter(earlier, now) { LimitArithmetic.giveBack(earlier, &$0, takenAt: now) }
        }
        return .refused(index: index, retryAfterNanoseconds: retry)
      }
    }
    return .allowed(remaining: remaining)
  }

  /// Returns a concurrency unit, or units that were estimated too high.
  func giveBack(_ request: Request, takenAt: UInt64, now: UInt64) {
    withCounter(request, now) { LimitArithmetic.giveBack(request, &$0, takenAt: takenAt) }
  }

  /// Takes units beyond what was estimated; what is not there is owed, and paid before anything is allowed again.
  func charge(_ request: Request, now: UInt64) {
    withCounter(request, now) { LimitArithmetic.charge(request, &$0, now) }
  }

  private func withCounter<T>(_ request: Request, _ now: UInt64, _ body: (inout Counter) -> T) -> T {
    request.key.withBytes { key in
      // Seeded for each process: nobody can choose keys that collide.
      var hasher = Hasher()
      hasher.combine(bytes: key)
      let hash = UInt64(truncatingIfNeeded: hasher.finalize())
      return shards[Int(hash % UInt64(Self.shardCount))].entries.withLock { entries in
        var place = hash
        while let index = entries.index(forKey: place) {
          if entries.values[index].key.elementsEqual(key) { return body(&entries.values[index].counter) }
          place &+= 1
        }
        if entries.count >= Self.countersPerShard {
          entries = entries.filter { !LimitArithmetic.isIdle($0.value.counter, now) }
        }
        var counter = LimitArithmetic.fresh(request, now)
        defer { entries[place] = Entry(key: Array(key), counter: counter) }
        return body(&counter)
      }
    }
  }
}
