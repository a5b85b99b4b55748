public import CLLMProxyPlugin

/// One adapter instance of a generation, for one API.
///
/// `@unchecked Sendable` for the reasons of `StageInstance`.
public final class ProviderInstance: @unchecked Sendable {
  /// Hooks of a provider; raw values index `meter`.
  public enum Hook: Int, CaseIterable, Sendable {
    case route, listModels, prepare, sign, upstreamHeaders, upstreamBody, upstreamSSE, upstreamChunk
    case upstreamEnd, mapError, onEvent, attemptDone

    /// Name in metrics and logs, as in the header.
    public var name: StaticString {
      switch self {
      case .route: "route"
      case .listModels: "list_models"
      case .prepare: "prepare"
      case .sign: "sign"
      case .upstreamHeaders: "upstream_headers"
      case .upstreamBody: "upstream_body"
      case .upstreamSSE: "upstream_sse"
      case .upstreamChunk: "upstream_chunk"
      case .upstreamEnd: "upstream_end"
      case .mapError: "map_error"
      case .onEvent: "on_event"
      case .attemptDone: "attempt_done"
      }
    }
  }

  /// Name of the API.
  public let name: String
  /// Index of the API; the same as in `APIList.entries`.
  public let index: Int
  /// The code behind it.
  public let facts: ComponentFacts
  /// The hooks. Functions the plugin's header did not have yet are `nil`.
  public let vtable: llmp_provider_t
  /// First argument of every hook; `nil` is allowed.
  public internal(set) var inst: UnsafeMutableRawPointer?
  /// Top-level members of a JSON answer to keep while it passes.
  public let observes: [[UInt8]]
  /// Longest pause in nanoseconds.
  public let timeoutNanoseconds: UInt64
  /// Budget of one hook call in nanoseconds.
  public let hookBudgetNanoseconds: UInt64
  /// What `llmp_ctx_t` points at.
  public let context: InstanceContext
  /// Counters, indexed by `Hook.rawValue`.
  public let meter: HookMeter

  let lifecycle: InstanceLifecycle

  init(
    plan: ProviderPlan, index: Int, vtable: llmp_provider_t, observes: [[UInt8]],
    lifecycle: InstanceLifecycle, shards: Int
  ) {
    name = plan.apiName
    self.index = index
    self.vtable = vtable
    self.observes = observes
    self.lifecycle = lifecycle
    facts = lifecycle.context.facts
    context = lifecycle.context
    timeoutNanoseconds = plan.timeoutNanoseconds
    hookBudgetNanoseconds = plan.hookBudgetNanoseconds
    meter = HookMeter(
      hooks: Hook.allCases.count, shards: shards, budgetNanoseconds: plan.hookBudgetNanoseconds)
    context.provider = self
  }

  deinit { context.provider = nil }

  /// Counts one hook call; see `HookMeter.record`.
  @inline(__always)
  @discardableResult
  public func record(_ hook: Hook, shard: Int, nanoseconds: UInt64, outcome: HookMeter.Outcome) -> Bool {
    meter.record(hook: hook.rawValue, shard: shard, nanoseconds: nanoseconds, outcome: outcome)
  }

  /// The counters of one hook. Any thread.
  public func figures(_ hook: Hook) -> HookMeter.Figures { meter.figures(hook: hook.rawValue) }
}
