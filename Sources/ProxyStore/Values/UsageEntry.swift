/// Where the token counts of a usage entry come from.
public enum UsageProvenance: String, Sendable {
  /// The provider said so.
  case reported
  /// Output counted by us, one model token for each event of a stream; input estimated from bytes.
  case counted
  /// Estimated from bytes, four for one model token.
  case estimated
  /// There are none.
  case none
}

/// Model tokens read and written by one exchange.
public struct UsageCounts: Sendable, Equatable {
  /// Prompt tokens, cached ones included.
  public var input: Int64
  /// Completion tokens, reasoning included.
  public var output: Int64
  /// Prompt tokens the provider had cached.
  public var cachedInput: Int64
  /// Completion tokens spent on reasoning.
  public var reasoning: Int64
  /// What the provider calls the total; normally `input + output`.
  public var total: Int64

  /// Counts of one exchange, none negative.
  public init(
    input: Int64 = 0, output: Int64 = 0, cachedInput: Int64 = 0, reasoning: Int64 = 0, total: Int64? = nil
  ) {
    self.input = input
    self.output = output
    self.cachedInput = cachedInput
    self.reasoning = reasoning
    self.total = total ?? input + output
  }
}

/// How an exchange ended.
public enum UsageOutcome: String, Sendable {
  /// The provider's answer reached the client whole.
  case completed
  /// We refused it before a provider saw it.
  case refused
  /// The provider failed or could not be reached.
  case upstreamFailed = "upstream_failed"
  /// The client left before the end.
  case clientGone = "client_gone"
  /// Answered from the response cache.
  case cached
}

/// One exchange in the usage ledger.
public struct UsageEntry: Sendable {
  /// Token it ran on; gives token id and project. `nil` when traffic without tokens is allowed.
  public var token: AccessToken?
  /// Project when there is no token.
  public var projectID: String?
  /// Id of the request, as in `x-request-id`.
  public var requestID: String
  /// Model actually served.
  public var model: String?
  /// Provider, such as `openai`.
  public var provider: String?
  /// Configured API, such as `openai`.
  public var api: String?
  /// Operation, such as `chat`.
  public var operation: String?
  /// Status sent to the client; 0 when none was.
  public var status: UInt16
  /// True when the answer was an event stream.
  public var isStream: Bool
  /// How it ended.
  public var outcome: UsageOutcome
  /// When the request's head was complete, in milliseconds since the Unix epoch.
  public var startedMilliseconds: Int64
  /// From there to the end, in microseconds.
  public var durationMicroseconds: Int64
  /// From there to the first byte of the provider's answer, in microseconds; `nil` when there was none.
  public var firstByteMicroseconds: Int64?
  /// Model tokens.
  public var counts: UsageCounts
  /// Where `counts` come from.
  public var provenance: UsageProvenance
  /// Body bytes received from the client.
  public var requestBytes: Int64
  /// Body bytes sent to the client.
  public var responseBytes: Int64
  /// What it was charged, when that was decided already; otherwise the writer does, by the price table.
  public var charge: UsageCharge?
  /// The reservation that `charge` was settled with.
  public var reservation: BudgetReservation?

  /// An entry with nothing counted yet.
  public init(token: AccessToken?, requestID: String, startedMilliseconds: Int64) {
    self.token = token
    self.requestID = requestID
    self.startedMilliseconds = startedMilliseconds
    status = 0
    isStream = false
    outcome = .completed
    durationMicroseconds = 0
    counts = UsageCounts()
    provenance = .none
    requestBytes = 0
    responseBytes = 0
  }
}
