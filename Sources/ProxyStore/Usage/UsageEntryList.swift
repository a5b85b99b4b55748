/// Which ledger entries a list holds.
public struct UsageEntryFilter: Sendable {
  /// Only of this project.
  public var projectID: String?
  /// Only of this token.
  public var tokenID: String?
  /// Only of this model.
  public var model: String?
  /// Only with a status in this range.
  public var status: ClosedRange<Int64>?
  /// Only with this outcome.
  public var outcome: UsageOutcome?
  /// Begun at this moment or later.
  public var from: Timestamp?
  /// Begun before this moment.
  public var to: Timestamp?

  /// All of them.
  public init() {}
}

/// A ledger entry as management shows it.
public struct UsageEntryRecord: Sendable, Equatable {
  /// Number of the entry.
  public var id: Int64
  /// When the request's head was complete.
  public var startedAt: Timestamp
  /// From there to the end, in microseconds.
  public var durationMicroseconds: Int64
  /// From there to the first byte of the answer, in microseconds.
  public var firstByteMicroseconds: Int64?
  /// Id of the request.
  public var requestID: String
  /// Project, when there was one.
  public var projectID: String?
  /// Access token, when there was one.
  public var tokenID: String?
  /// Configured API.
  public var api: String?
  /// Adapter.
  public var provider: String?
  /// Model asked for.
  public var model: String?
  /// Operation, such as `chat.completions`.
  public var operation: String?
  /// Status sent; 0 when none was.
  public var status: Int64
  /// True for an event stream.
  public var isStream: Bool
  /// How it ended, as `UsageOutcome` has it.
  public var outcome: String
  /// Model tokens.
  public var counts: UsageCounts
  /// Where they come from, as `UsageProvenance` has it.
  public var provenance: String
  /// Body bytes from the client.
  public var requestBytes: Int64
  /// Body bytes to the client.
  public var responseBytes: Int64
  /// What was charged when it ended, in micro-units; `nil` when the model had no price.
  public var chargedMicros: Int64?
  /// The cost by the prices in force now, in micro-units.
  public var costMicros: Int64?
}

/// One page of entries, newest first.
public struct UsageEntryPage: Sendable {
  /// At most as many as asked for.
  public var entries: [UsageEntryRecord]
  /// What to pass as `after` for the next page; `nil` on the last.
  public var next: String?
}
