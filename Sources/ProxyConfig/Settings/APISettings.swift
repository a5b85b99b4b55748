public import ProxyCore

/// One entry of `apis:`: a provider as clients may use it.
public struct APISettings: Sendable {
  /// Bounds on waiting for the provider. `nil` means no bound; none of the set ones cuts a live stream
  /// except `total`, which is absent unless written.
  public struct Timeouts: Sendable, Equatable {
    /// Name resolution and TCP connect. Default 30 s.
    public var connect: Duration? = .seconds(30)
    /// TLS handshake. Default 10 s.
    public var tlsHandshake: Duration? = .seconds(10)
    /// From the request's last byte to the answer's first byte, each attempt. Default 10 min.
    public var responseHeader: Duration? = .seconds(600)
    /// Between two reads of the answer's body. Default 10 min.
    public var idle: Duration? = .seconds(600)
    /// From dispatch to the first byte of the answer, all attempts together (`timeouts.request`). Default
    /// none.
    public var firstByte: Duration?
    /// From dispatch to the last byte of the answer, streams included. Default none.
    public var total: Duration?

    /// The defaults.
    public init() {}
  }

  /// How connections to the provider are kept.
  public struct Pool: Sendable, Equatable {
    /// Idle connections kept for the whole process; `nil` means any number. See `idlePerLoop(loops:)`.
    public var idleConnections: Int? = 100
    /// An idle connection is closed after this; `nil` means never. Default 90 s.
    public var idleTimeout: Duration? = .seconds(90)

    /// The defaults.
    public init() {}

    /// The share of one of `loops` event loops, at least 1; `nil` means any number.
    public func idlePerLoop(loops: Int) -> Int? {
      guard let idleConnections else { return nil }
      let loops = max(loops, 1)
      return max(1, idleConnections / loops + (idleConnections % loops == 0 ? 0 : 1))
    }
  }

  /// Key in `apis:`; unique.
  public var name: String
  /// `openai`, `mock` (component of the stock module of that name) or `<module id>/<component>`.
  public var adapter: String
  /// Where requests go. For the mock adapter a name that resolves nowhere.
  public var baseURL: UpstreamOrigin
  /// The `config:` block as JSON text (an object), given to the adapter. May contain secrets: never log it.
  public var adapterConfigJSON: String
  /// The whole entry as JSON text (an object) without `api_key` and `config`, given to stages that ask for
  /// it.
  public var settingsJSON: String
  /// Methods in upper case.
  public var allowedMethods: [String]
  /// Path prefixes.
  public var allowedEndpoints: [String]
  /// Bounds on waiting for the provider.
  public var timeouts: Timeouts
  /// How connections to the provider are kept.
  public var pool: Pool
  /// Used for projects that have no key of their own; `nil` means such projects are refused.
  public var apiKey: Secret?
  /// Where the entry was written.
  public var origin: SourceLocation

  /// Makes an entry for the provider at `baseURL`; everything else has the defaults of an entry that is not
  /// written.
  public init(name: String, adapter: String = "openai", baseURL: UpstreamOrigin) {
    self.name = name
    self.adapter = adapter
    self.baseURL = baseURL
    adapterConfigJSON = "{}"
    settingsJSON = "{}"
    allowedMethods = []
    allowedEndpoints = []
    timeouts = Timeouts()
    pool = Pool()
    apiKey = nil
    origin = SourceLocation(file: "built-in defaults", line: 0)
  }
}
