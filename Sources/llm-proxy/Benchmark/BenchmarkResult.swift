import ProxyClient

/// What a benchmark measured.
struct BenchmarkResult {
  /// Answers with a status of 2xx that came whole.
  var succeeded = 0
  /// Everything else.
  var failed = 0
  /// Answers by their status.
  var statuses: [Int: Int] = [:]
  /// Requests without an answer, by kind.
  var failures: [String: Int] = [:]
  /// What was said about the first of them.
  var firstFailure: String?
  /// From the moment a request was due to the end of its answer; of successes, as all that follow.
  var latency = LatencyHistogram()
  /// From the moment a request was sent to the first byte of its answer.
  var firstByte = LatencyHistogram()
  /// To the first event of a stream.
  var firstEvent = LatencyHistogram()
  /// Between two events of a stream.
  var eventGap = LatencyHistogram()
  /// In the provider, by the proxy's headers.
  var upstream = LatencyHistogram()
  /// In the proxy and on the way to it: the rest.
  var proxy = LatencyHistogram()
  /// Events of streams.
  var events = 0
  /// Answers from the cache.
  var cacheHits = 0
  /// Bytes of bodies.
  var receivedBytes = 0
  /// From the first request to the last answer.
  var elapsed = Duration.zero
  /// One answer of each status, when they are kept.
  var samples: [Int: String] = [:]

  /// Requests that ended.
  var count: Int { succeeded + failed }

  /// Requests that ended in a second.
  var requestsPerSecond: Double {
    let seconds = Double(elapsed.wholeMicroseconds) / 1_000_000
    return seconds > 0 ? Double(count) / seconds : 0
  }
}
