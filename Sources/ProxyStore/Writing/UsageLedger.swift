internal import GRDB
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

  static func insert(_ rows: [LedgerRow], _ db: Database) throws {
    let statement = try RawStatement(
      db,
      """
      INSERT INTO usage_entries (started_ms, duration_us, first_byte_us, request_id, project_id, token_id,
        api, provider, model, operation, status, is_stream, outcome, input_tokens, output_tokens,
        cached_input_tokens, reasoning_tokens, total_tokens, provenance, request_bytes, response_bytes,
        charged_micros, charged_day)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """, keeping: StatementTexts())
    defer { statement.unbind() }
    for row in rows {
      let entry = row.entry
      statement.bind(entry.startedMilliseconds, at: 1)
      statement.bind(entry.durationMicroseconds, at: 2)
      statement.bind(entry.firstByteMicroseconds, at: 3)
      statement.bind(entry.requestID, at: 4)
      statement.bind(row.project, at: 5)
      statement.bind(row.token, at: 6)
      statement.bind(entry.api, at: 7)
      statement.bind(entry.provider, at: 8)
      statement.bind(entry.model, at: 9)
      statement.bind(entry.operation, at: 10)
      statement.bind(Int64(entry.status), at: 11)
      statement.bind(entry.isStream ? 1 : 0, at: 12)
      statement.bind(entry.outcome.rawValue, at: 13)
      statement.bind(entry.counts.input, at: 14)
      statement.bind(entry.counts.output, at: 15)
      statement.bind(entry.counts.cachedInput, at: 16)
      statement.bind(entry.counts.reasoning, at: 17)
      statement.bind(entry.counts.total, at: 18)
      statement.bind(entry.provenance.rawValue, at: 19)
      statement.bind(entry.requestBytes, at: 20)
      statement.bind(entry.responseBytes, at: 21)
      statement.bind(row.charge?.micros, at: 22)
      statement.bind(row.charge?.day, at: 23)
      try statement.run()
    }
  }
}
