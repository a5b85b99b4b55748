public import ProxyCore

/// What a policy says, checked. A member that is `nil` says nothing; all that is said must hold together with
/// the API's configuration and every other policy a request is under, so that a policy can only narrow.
public struct PolicyRules: Sendable, Equatable {
  /// Patterns of models that may be asked for.
  public internal(set) var models: [String]?
  /// Paths that may be asked for, each with all below it; a `*` at the end stands for any continuation.
  public internal(set) var endpoints: [String]?
  /// Methods that may be used, in capitals.
  public internal(set) var methods: [String]?
  /// Rules for top-level members of a JSON body, by name, in the order given.
  public internal(set) var parameters: [ParameterRule] = []
  /// Browsers' origins that may call; requests without `Origin` are not concerned.
  public internal(set) var origins: [String]?
  /// Requests a minute.
  public internal(set) var requestsPerMinute: Int64?
  /// Tokens of the model a minute, read and written together.
  public internal(set) var tokensPerMinute: Int64?
  /// Requests at a time.
  public internal(set) var concurrency: Int64?
  /// Addresses and ranges that clients may come from.
  public internal(set) var addresses: [String]?
  /// Headers `X-PROXY-<name>` that a request must carry, and their values.
  public internal(set) var headers: [RequiredHeader] = []

  init() {}

  /// A header a request must carry.
  public struct RequiredHeader: Sendable, Equatable {
    /// Its name behind `X-PROXY-`, as given; `_` stands for `-`.
    public let name: String
    /// The only value that is accepted.
    public let value: String

    /// The name as it compares: lower case, dashes.
    var key: String { name.lowercased().replacing("_", with: "-") }
  }

  /// A rule for one parameter. `force` and `strip` stand alone.
  public struct ParameterRule: Sendable, Equatable {
    /// Name of a top-level member of the body.
    public let name: String
    /// Patterns of values that are accepted.
    public internal(set) var allow: [String]?
    /// The least number that is accepted, as written.
    public internal(set) var minimum: String?
    /// The greatest number that is accepted, as written.
    public internal(set) var maximum: String?
    /// What is sent whatever the client says.
    public internal(set) var force: JSONValue?
    /// The parameter is taken out.
    public internal(set) var strips = false
  }

  /// True when it says nothing.
  public var isEmpty: Bool { self == PolicyRules() }
}

/// How much a policy may hold: it is looked at for every request.
enum PolicyBounds {
  /// Bytes of the whole policy as stored.
  static let bytes = 32_768
  /// Entries of a list.
  static let entries = 256
  /// Parameters with a rule.
  static let parameters = 64
  /// Required headers.
  static let headers = 32
  /// Bytes of a pattern, path, origin or value of a header.
  static let textBytes = 256
  /// Bytes of a name.
  static let nameBytes = 64
  /// Bytes of a forced value.
  static let forcedBytes = 4096
  static let requests: Int64 = 1_000_000_000
  static let tokens: Int64 = 1_000_000_000
  static let concurrency: Int64 = 1_000_000
}
