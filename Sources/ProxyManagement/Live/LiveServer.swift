public import ProxyConfig
public import ProxyPipeline

/// The running server as the admin pages see it. Implemented by whoever built it, and by tests. Any thread.
public protocol LiveServer: Sendable {
  /// What new exchanges run through; `nil` before there is one.
  var serving: ServingGeneration? { get }
  /// What it was built from.
  var configuration: Configuration { get }
  /// The exchanges that ended last.
  var journal: ExchangeJournal { get }
  /// When `serving` came into force, in milliseconds since the Unix epoch.
  var servingSince: Int64 { get }

  /// What has been counted since the start.
  func traffic() async -> TrafficFigures
  /// Sends one small request to the provider of an API and waits for the answer.
  func probe(_ probe: ProviderProbe) async -> ProviderProbe.Result

  /// Whether some stage carries out a command (`llmp.commands/1`).
  func offers(_ command: String) -> Bool
  /// Has every stage that offers the command carry it out.
  ///
  /// - Parameter json: handed to the stages as it is.
  /// - Returns: the JSON text that each of them wrote.
  /// - Throws: `CommandFailure` of the first that could not.
  func run(_ command: String, json: String) async throws -> [String]
}

/// What all event loops have counted, and what they hold at this moment.
public struct TrafficFigures: Sendable {
  /// Connections to one provider.
  public struct Connections: Sendable, Equatable {
    /// Open ones, idle ones included.
    public var open = 0
    /// Those that wait for their next request.
    public var idle = 0

    /// None.
    public init() {}
  }

  /// The counters.
  public var figures = LoopFigures()
  /// What exchanges were charged, in micro-units of the price table's currency.
  public var chargedMicros: Int64 = 0
  /// Exchanges under way.
  public var inFlight = 0
  /// Connections, by position of the API.
  public var connections: [Connections] = []
  /// Last failures, by position of the API.
  public var failures: [Int: RouteFailure] = [:]

  /// All zero.
  public init() {}

  /// Exchanges ended.
  var requests: UInt64 { figures.byClass.reduce(0, +) }
  /// Those with status 400 or above.
  var errors: UInt64 { figures.byClass[4] + figures.byClass[5] }
}

/// A test call to a provider: the way of a real one behind the stages.
public struct ProviderProbe: Sendable {
  /// Position of the API.
  public var route: Int
  /// Whose provider key is used; `nil` for the one of the API.
  public var projectID: String?
  /// Asked for one word; `nil` asks for the list of models.
  public var model: String?

  /// What came back.
  public struct Result: Sendable {
    /// Status of the answer; 0 when there was none.
    public var status: UInt16
    /// From the request to the end of the answer.
    public var milliseconds: Double
    /// The beginning of the answer's body.
    public var body: [UInt8]

    /// Makes a result from its parts.
    public init(status: UInt16, milliseconds: Double, body: [UInt8]) {
      self.status = status
      self.milliseconds = milliseconds
      self.body = body
    }
  }

  /// Makes a probe from its parts.
  public init(route: Int, projectID: String? = nil, model: String? = nil) {
    self.route = route
    self.projectID = projectID
    self.model = model
  }
}
