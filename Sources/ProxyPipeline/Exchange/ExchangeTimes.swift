import ProxyCore

/// When things happened, in monotonic nanoseconds; 0 = not (yet).
struct ExchangeTimes {
  /// First byte of the request's head.
  var started: UInt64 = 0
  /// The head was whole.
  var began: UInt64 = 0
  var startedUnixNanoseconds: UInt64 = 0
  /// The store was asked and has not answered yet.
  var accounting: UInt64 = 0
  var firstByte: UInt64 = 0
  var attempt: UInt64 = 0
  var connecting: UInt64 = 0
  var connected: UInt64 = 0
  var upstreamHead: UInt64 = 0
  var upstreamEnd: UInt64 = 0
  /// The provider's last sign of life: it sent bytes, or had room for more of an upload.
  var lastUpstreamByte: UInt64 = 0
  var lastClientByte: UInt64 = 0
  var ended: UInt64 = 0

  mutating func begin(_ started: UInt64) {
    self = ExchangeTimes()
    self.started = started
    lastClientByte = started
    startedUnixNanoseconds = Clocks.unixNanoseconds()
  }

  /// Microseconds between two points, 0 when either did not happen.
  static func microseconds(_ from: UInt64, _ to: UInt64) -> UInt64 {
    from != 0 && to > from ? (to - from) / 1000 : 0
  }
}

/// What is counted and remembered about how an exchange went.
struct ExchangeOutcome {
  var status: UInt16 = 0
  var requestBytes: UInt64 = 0
  var responseBytes: UInt64 = 0
  var isStreamed = false
  /// Events of a stream, except for the one that says it is done.
  var events: UInt64 = 0
  /// True once a provider has been asked.
  var isRequestSent = false
  var isClientGone = false
  var isUpstreamFailed = false
  var isStageFailed = false
  var isGatewayReply = false
  /// A stage gave a kept answer and nobody was asked.
  var isReplay = false
}
