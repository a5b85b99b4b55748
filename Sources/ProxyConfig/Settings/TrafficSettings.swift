public import ProxyCore

/// What governs traffic: immutable, built as a whole, swapped as a whole.
public struct TrafficSettings: Sendable {
  /// The stages in the order in which a request meets them.
  public var pipeline: [StageSettings]
  /// The configured APIs in file order; never empty.
  public var apis: [APISettings]
  /// Index into `apis` of the one that is used when nothing else chooses.
  public var defaultAPI: Int
  /// Bounds on sizes and counts.
  public var limits: LimitSettings
  /// Bounds on waiting for clients.
  public var timeouts: TimeoutSettings
  /// What models cost.
  public var prices: PriceTable
  /// True when the chain may run without a stage that authenticates.
  public var allowUnauthenticated: Bool

  /// Makes settings with default limits and timeouts. `apis` must not be empty.
  public init(pipeline: [StageSettings], apis: [APISettings], defaultAPI: Int = 0) {
    self.pipeline = pipeline
    self.apis = apis
    self.defaultAPI = defaultAPI
    limits = LimitSettings()
    timeouts = TimeoutSettings()
    prices = PriceTable()
    allowUnauthenticated = false
  }
}

/// Bounds on sizes and counts. All are for the whole process.
public struct LimitSettings: Sendable, Equatable {
  /// A request's body is refused (413) or no longer held beyond this. Default 32 MiB.
  public var requestBodyBytes: Int = 33_554_432
  /// Request line and fields together; beyond it 431. Default 64 KiB.
  public var requestHeadBytes: Int = 65_536
  /// Fields in a request's head; beyond it 431. Default 100.
  public var requestFields: Int = 100
  /// Bytes of held bodies in all exchanges together; beyond it 503. Default 512 MiB.
  public var heldBodyBytes: Int = 536_870_912
  /// Open client connections; `nil` means as many as the system allows.
  public var clientConnections: Int?

  /// The defaults.
  public init() {}
}

/// Bounds on waiting for clients, and on the end of the process. None of them cuts a live stream.
public struct TimeoutSettings: Sendable, Equatable {
  /// From the first byte of a request's head, or a new connection, to the head's end. Default 30 s.
  public var requestHead: Duration = .seconds(30)
  /// Between two reads of a request's body. Default 30 s.
  public var requestBodyIdle: Duration = .seconds(30)
  /// A connection with no request on it is closed after this. Default 60 s.
  public var keepAliveIdle: Duration = .seconds(60)
  /// A client that takes nothing of what waits for it is given up after this. Default 60 s.
  public var clientWriteIdle: Duration = .seconds(60)
  /// Time given to exchanges in flight after SIGTERM before they are cut. Default 30 s.
  public var drain: Duration = .seconds(30)

  /// The defaults.
  public init() {}
}
