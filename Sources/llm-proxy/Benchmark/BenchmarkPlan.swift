import ProxyClient

/// What a benchmark sends, and for how long.
struct BenchmarkPlan {
  /// The request that is sent again and again.
  var request: ClientRequest
  /// Requests to send; `nil` is no bound.
  var limit: Int? = 1
  /// Time in which requests are sent; `nil` is no bound.
  var duration: Duration?
  /// Requests a second; `nil` sends the next when the last was answered.
  var rate: Double?
  /// Requests under way at most.
  var concurrency = 1
  /// Time for each answer.
  var timeout = Duration.seconds(10)
  /// PEM file with the authorities to trust.
  var authorityFile: String?
  /// True measures events of streams.
  var isStreaming = false
  /// True keeps one answer of each status.
  var keepsSamples = false

  /// A plan to send `request` once.
  init(_ request: ClientRequest) {
    self.request = request
  }
}
