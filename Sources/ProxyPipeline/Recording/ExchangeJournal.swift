import Synchronization

/// The exchanges that ended last, in memory: a ring of all that are recorded and one of those with trouble, so
/// that a flood of good ones does not wash a failure away.
///
/// Any thread. What a loop pays for an exchange is in `Admission`; the lock is taken only for those recorded.
public final class ExchangeJournal: Sendable {
  /// Exchanges kept.
  public let capacity: Int
  /// Exchanges with trouble kept beside them.
  public let troubleCapacity: Int

  private struct Ring {
    var records: [ExchangeRecord] = []
    var next = 0

    mutating func push(_ record: ExchangeRecord, _ capacity: Int) {
      if records.count < capacity {
        records.append(record)
      } else {
        records[next] = record
        next = (next + 1) % capacity
      }
    }

    /// Newest first.
    var newestFirst: [ExchangeRecord] { (records[next...] + records[..<next]).reversed() }
  }

  private struct State {
    var sequence: UInt64 = 0
    var all = Ring()
    var trouble = Ring()
  }

  private let state = Mutex(State())

  /// An empty journal.
  public init(capacity: Int = 2_000, troubleCapacity: Int = 500) {
    self.capacity = max(1, capacity)
    self.troubleCapacity = max(1, troubleCapacity)
  }

  /// Adds an exchange.
  public func push(_ record: ExchangeRecord) {
    var record = record
    state.withLock { state in
      state.sequence += 1
      record.sequence = state.sequence
      if record.isTrouble {
        state.trouble.push(record, troubleCapacity)
      }
      state.all.push(record, capacity)
    }
  }

  /// Number of the exchange recorded last; 0 before the first.
  public var lastSequence: UInt64 { state.withLock { $0.sequence } }

  /// What is kept, newest first, each once.
  public func records() -> [ExchangeRecord] {
    let (all, trouble) = state.withLock { ($0.all.newestFirst, $0.trouble.newestFirst) }
    // What the large ring still holds, then the failures that are older than all of it.
    let oldest = all.last?.sequence ?? 0
    return all + trouble.filter { $0.sequence < oldest }
  }

  /// What was recorded after `sequence`, oldest first, at most `limit` of the newest.
  public func records(after sequence: UInt64, limit: Int) -> [ExchangeRecord] {
    let all = state.withLock { state -> [ExchangeRecord] in
      let count = min(
        Int(clamping: state.sequence - min(state.sequence, sequence)), limit, state.all.records.count)
      guard count > 0 else { return [] }
      let total = state.all.records.count
      return (0..<count).map { state.all.records[(state.all.next + total - count + $0) % total] }
    }
    return all
  }
}

/// Which exchanges of one loop are recorded: all while there are few, some of many, and those with trouble
/// first. Loop-confined, no lock.
struct Admission {
  /// Length of a window in nanoseconds.
  static let window: UInt64 = 100_000_000

  /// Good exchanges recorded in a window.
  let allowance: Int
  private var began: UInt64 = 0
  private var taken = 0
  private var troubleTaken = 0

  /// An allowance of 500 a second, shared by `loops` loops.
  init(loops: Int) {
    allowance = max(1, 50 / max(1, loops))
  }

  /// Whether the exchange that ends at `now` is recorded.
  @inline(__always)
  mutating func admits(isTrouble: Bool, at now: UInt64) -> Bool {
    if now &- began >= Self.window {
      began = now
      taken = 0
      troubleTaken = 0
    }
    if isTrouble {
      guard troubleTaken < allowance else { return false }
      troubleTaken += 1
    } else {
      guard taken < allowance else { return false }
      taken += 1
    }
    return true
  }
}
