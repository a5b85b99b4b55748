public import ProxyStore

/// One exchange that is over, as the admin pages show it. Holds no body, no key and no access token.
public struct ExchangeRecord: Sendable {
  /// Why the gateway itself refused.
  public struct Refusal: Sendable, Equatable {
    /// Stable code.
    public var code: String
    /// The sentence that the client got.
    public var message: String
    /// The stage that refused; `nil` when it was the host.
    public var stage: String?

    /// Makes a refusal from its parts.
    public init(code: String, message: String, stage: String?) {
      self.code = code
      self.message = message
      self.stage = stage
    }
  }

  /// Place in the order of ends, from 1; given by the journal.
  public internal(set) var sequence: UInt64 = 0
  /// What the ledger has of it: ids, model, figures, token counts.
  public var entry: UsageEntry
  /// Method as sent.
  public var method: String
  /// Path without the query, cut at `pathLimitBytes`.
  public var path: String
  /// The peer's address.
  public var clientAddress: String
  /// Attempts at the provider.
  public var attempts: UInt32 = 0
  /// What the response cache did: `hit`, `miss`, `stored` or `bypass`; `nil` where there is none.
  public var cacheStatus: String?
  /// Set when the gateway refused.
  public var refusal: Refusal?
  /// What took time.
  public var trace = ExchangeTrace()

  /// A longer path is cut.
  public static let pathLimitBytes = 512

  /// True for what an operator looks for first: refusals, failures, clients that left.
  public var isTrouble: Bool { entry.status >= 400 || entry.status == 0 || entry.outcome == .clientGone }

  /// A record with nothing but its figures.
  public init(entry: UsageEntry, method: String, path: String, clientAddress: String) {
    self.entry = entry
    self.method = method
    self.path = path
    self.clientAddress = clientAddress
  }
}
