public import Synchronization

/// Counts what the hooks of one instance cost and how they end.
///
/// Each thread that calls hooks owns one shard and is its only writer, so that counting is a plain load and
/// store (no locked instruction, no shared cache line); readers add the shards up and may be a call behind.
/// `@unchecked Sendable`: the cells are atomics at an address that is freed only with this object.
public final class HookMeter: @unchecked Sendable {
  /// How a hook call ended.
  public enum Outcome: Sendable {
    /// Any verdict that is neither of the others.
    case passed
    /// `LLMP_ERROR`, an unknown verdict, a `LLMP_RESPOND` without reply, a pause that ran out.
    case failed
    /// `LLMP_PAUSE`.
    case paused
  }

  /// The counters of one hook, added up.
  public struct Figures: Sendable, Equatable {
    /// Calls made.
    public var calls: UInt64 = 0
    /// Calls that failed.
    public var failures: UInt64 = 0
    /// Calls that paused the exchange.
    public var pauses: UInt64 = 0
    /// Sum of the time inside the hook, in nanoseconds.
    public var totalNanoseconds: UInt64 = 0
    /// Longest single call, in nanoseconds.
    public var maxNanoseconds: UInt64 = 0
    /// Calls that took longer than the budget.
    public var overBudget: UInt64 = 0
  }

  @usableFromInline static let cellsPerHook = 6

  /// Number of hooks counted.
  public let hooks: Int
  /// Number of writers.
  public let shards: Int
  /// Budget of one call in nanoseconds.
  public let budgetNanoseconds: UInt64
  @usableFromInline let stride: Int
  @usableFromInline let cells: UnsafeMutablePointer<Atomic<UInt64>>

  init(hooks: Int, shards: Int, budgetNanoseconds: UInt64) {
    self.hooks = hooks
    self.shards = max(1, shards)
    self.budgetNanoseconds = budgetNanoseconds
    // Whole cache lines (8 cells) and one to spare, because the allocation itself is not line-aligned.
    stride = (hooks * Self.cellsPerHook + 7) / 8 * 8 + 8
    cells = .allocate(capacity: stride * self.shards)
    for index in 0..<(stride * self.shards) { (cells + index).initialize(to: Atomic(0)) }
  }

  deinit {
    cells.deinitialize(count: stride * shards)
    cells.deallocate()
  }

  /// Counts one call. Only the thread that owns `shard` may call this for it.
  ///
  /// - Returns: whether the call took longer than the budget; the caller logs that, with a rate limit.
  @inlinable
  @discardableResult
  public func record(hook: Int, shard: Int, nanoseconds: UInt64, outcome: Outcome) -> Bool {
    precondition(hook >= 0 && hook < hooks && shard >= 0 && shard < shards, "no such hook counter")
    let cell = cells + (shard * stride + hook * Self.cellsPerHook)
    Self.add(1, to: cell)
    switch outcome {
    case .passed: break
    case .failed: Self.add(1, to: cell + 1)
    case .paused: Self.add(1, to: cell + 2)
    }
    Self.add(nanoseconds, to: cell + 3)
    if nanoseconds > cell[4].load(ordering: .relaxed) { cell[4].store(nanoseconds, ordering: .relaxed) }
    guard nanoseconds > budgetNanoseconds else { return false }
    Self.add(1, to: cell + 5)
    return true
  }

  /// Counts a failure that no hook call returned: a pause that ran out, a hook that could not be run.
  @inlinable
  public func recordFailure(hook: Int, shard: Int) {
    precondition(hook >= 0 && hook < hooks && shard >= 0 && shard < shards, "no such hook counter")
    Self.add(1, to: cells + (shard * stride + hook * Self.cellsPerHook + 1))
  }

  /// The sums of one hook over all shards. Any thread.
  public func figures(hook: Int) -> Figures {
    precondition(hook >= 0 && hook < hooks, "no such hook counter")
    var sum = Figures()
    for shard in 0..<shards {
      let cell = cells + (shard * stride + hook * Self.cellsPerHook)
      sum.calls &+= cell[0].load(ordering: .relaxed)
      sum.failures &+= cell[1].load(ordering: .relaxed)
      sum.pauses &+= cell[2].load(ordering: .relaxed)
      sum.totalNanoseconds &+= cell[3].load(ordering: .relaxed)
      sum.maxNanoseconds = max(sum.maxNanoseconds, cell[4].load(ordering: .relaxed))
      sum.overBudget &+= cell[5].load(ordering: .relaxed)
    }
    return sum
  }

  // Relaxed: each counter stands alone, nothing is published through it; the shard has one writer.
  @inlinable
  @inline(__always)
  static func add(_ amount: UInt64, to cell: UnsafeMutablePointer<Atomic<UInt64>>) {
    cell.pointee.store(cell.pointee.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
  }
}
