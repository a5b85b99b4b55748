/// One step of the chain: which component, with which settings, and what happens when it fails.
public struct StageSettings: Sendable, Equatable {
  /// What the exchange gets when a stage fails.
  public enum FailurePolicy: String, Sendable, CaseIterable {
    /// The exchange is refused (502 `stage_failed`).
    case closed
    /// The exchange goes on as if the stage had not been there; counted.
    case open
  }

  /// Restricts a stage to some exchanges. Every list that is not empty must match.
  public struct Condition: Sendable, Equatable {
    /// Operations such as `chat.completions`; empty means any.
    public var operations: [String] = []
    /// Prefixes of the request's path; empty means any.
    public var pathPrefixes: [String] = []
    /// Methods in upper case; empty means any.
    public var methods: [String] = []

    /// A condition that always holds.
    public init() {}
  }

  /// Unique in the chain; appears in logs, metrics and the UI.
  public var name: String
  /// The component: `core.<component>` or `<module id>/<component>`.
  public var use: String
  /// The `config:` block as JSON text (an object). May contain secrets: never log it.
  public var configJSON: String
  /// What the exchange gets when the stage fails. Default `closed`.
  public var onError: FailurePolicy
  /// How long a paused hook may wait (`timeout_ms`). Default 5 s.
  public var timeout: Duration
  /// A hook that runs longer is counted as an overrun (`hook_budget_ms`). Default 5 ms.
  public var hookBudget: Duration
  /// Host services the stage may use; `nil` means all that are served.
  public var services: [String]?
  /// `nil` means every exchange.
  public var when: Condition?
  /// Where the stage was written.
  public var origin: SourceLocation

  /// Makes a stage with the defaults of one that is written with `name` and `use` only.
  public init(name: String, use: String, configJSON: String = "{}") {
    self.name = name
    self.use = use
    self.configJSON = configJSON
    onError = .closed
    timeout = .seconds(5)
    hookBudget = .milliseconds(5)
    services = nil
    when = nil
    origin = SourceLocation(file: "built-in defaults", line: 0)
  }
}
