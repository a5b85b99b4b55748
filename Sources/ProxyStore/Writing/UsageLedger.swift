internal import Synchronization

/// The usage ledger: takes entries from traffic and has them written in batches. Any thread.
public final class UsageLedger: Sendable {
  /// Rows that wake the writer before its next tick.
  static let batch = 4000
  /// Most rows of one transaction.
  static let most = 8000

  let queue: BatchQueue<UsageEntry>
  // Relaxed: a figure for pages, nothing is published through it.
  private let charged = Atomic<Int64>(0)

  init(limit: Int) {
    queue = BatchQueue(limit: limit, wakeAt: Self.batch)
  }

  /// Notes an exchange. Never blocks and never fails: while the file cannot be written entries are kept up to
  /// `StoreOptions.usageQueueLimit`, further ones are dropped and counted.
  public func record(_ entry: consuming UsageEntry) { queue.append(entry) }

  /// What exchanges were charged since the process started, in micro-units; as old as the last tick of the
  /// writer.
  public var chargedMicros: Int64 { charged.load(ordering: .relaxed) }

  /// On the writer's queue, so nobody else adds meanwhile.
  func noteCharged(_ micros: Int64) {
    charged.store(chargedMicros.addingSaturated(micros), ordering: .relaxed)
  }

  /// Entries not in the file yet.
  public var queued: Int { queue.queued }

  /// Entries lost since the process started.
  public var dropped: UInt64 { queue.dropped }
}
