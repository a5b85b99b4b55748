/// Everything a generation is built from; a value, so that building never reads the configuration again.
public struct GenerationPlan: Sendable {
  /// The chain, in order.
  public var stages: [StagePlan]
  /// One per API, in the order of the configuration.
  public var providers: [ProviderPlan]
  /// Whether a chain in which no stage establishes `llmp.project_id` may run.
  public var allowUnauthenticated: Bool

  /// Creates a plan.
  public init(stages: [StagePlan], providers: [ProviderPlan], allowUnauthenticated: Bool = false) {
    self.stages = stages
    self.providers = providers
    self.allowUnauthenticated = allowUnauthenticated
  }
}

/// What the configuration says about one API and the adapter that speaks for it.
public struct ProviderPlan: Sendable {
  /// Name of the API under `apis:`.
  public var apiName: String
  /// `openai`, `mock`, … or `<module id>/<component>`.
  public var adapter: String
  /// The adapter's own settings as a JSON object; empty means `{}`.
  public var configJSON: String
  /// The whole block of this API as JSON, for `llmp.apis/1`; without secrets.
  public var settingsJSON: String
  /// Longest time an attempt is held by `LLMP_PAUSE`, in nanoseconds.
  public var timeoutNanoseconds: UInt64
  /// Time one hook call may take before it is counted as over budget, in nanoseconds.
  public var hookBudgetNanoseconds: UInt64
  /// The only services this instance may ask for; `nil` means any that the host serves.
  public var services: [String]?

  /// Creates a plan; timeouts default to 5 s pause and 5 ms budget.
  public init(
    apiName: String, adapter: String, configJSON: String = "", settingsJSON: String = "{}",
    timeoutNanoseconds: UInt64 = 5_000_000_000, hookBudgetNanoseconds: UInt64 = 5_000_000,
    services: [String]? = nil
  ) {
    self.apiName = apiName
    self.adapter = adapter
    self.configJSON = configJSON
    self.settingsJSON = settingsJSON
    self.timeoutNanoseconds = timeoutNanoseconds
    self.hookBudgetNanoseconds = hookBudgetNanoseconds
    self.services = services
  }
}
