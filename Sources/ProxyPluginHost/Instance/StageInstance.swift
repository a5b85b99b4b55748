public import CLLMProxyPlugin

/// One stage of a generation: the plugin's instance, its hooks and its settings.
///
/// `@unchecked Sendable`: all fields are immutable once `create` has returned, except `inst`, which is taken
/// away by `destroy` after the last pin of the generation is gone; counters are atomics.
public final class StageInstance: @unchecked Sendable {
  /// Hooks of a middleware; raw values index `meter`.
  public enum Hook: Int, CaseIterable, Sendable {
    case requestHeaders, requestBody, requestChunk, responseHeaders, responseBody, responseSSE
    case responseChunk, responseEnd, onEvent, requestDone

    /// Name in metrics and logs, as in the header.
    public var name: StaticString {
      switch self {
      case .requestHeaders: "request_headers"
      case .requestBody: "request_body"
      case .requestChunk: "request_chunk"
      case .responseHeaders: "response_headers"
      case .responseBody: "response_body"
      case .responseSSE: "response_sse"
      case .responseChunk: "response_chunk"
      case .responseEnd: "response_end"
      case .onEvent: "on_event"
      case .requestDone: "request_done"
      }
    }
  }

  /// Name in the configuration.
  public let name: String
  /// Position in the chain.
  public let index: Int
  /// The code behind it.
  public let facts: ComponentFacts
  /// The hooks. Functions the plugin's header did not have yet are `nil`.
  public let vtable: llmp_middleware_t
  /// First argument of every hook; `nil` is allowed, a stage without state needs none.
  public internal(set) var inst: UnsafeMutableRawPointer?
  /// What a failure means.
  public let onError: FailurePolicy
  /// Longest pause in nanoseconds.
  public let timeoutNanoseconds: UInt64
  /// Budget of one hook call in nanoseconds.
  public let hookBudgetNanoseconds: UInt64
  /// The exchanges it sees; `nil` means all.
  public let when: StageCondition?
  /// What `llmp_ctx_t` points at.
  public let context: InstanceContext
  /// Counters, indexed by `Hook.rawValue`.
  public let meter: HookMeter
  /// Whether the whole request body must be held for it.
  public let needsRequestBody: Bool
  /// Whether whole responses must be held for it.
  public let needsResponseBody: Bool
  /// Whether its `response_chunk` only looks at what passes.
  public let tapsResponse: Bool
  /// Whether it consumes `llmp.model` or `llmp.stream`, which the host reads from a held JSON body.
  public let consumesModel: Bool

  let lifecycle: InstanceLifecycle

  init(plan: StagePlan, index: Int, vtable: llmp_middleware_t, lifecycle: InstanceLifecycle, shards: Int) {
    name = plan.name
    self.index = index
    self.vtable = vtable
    self.lifecycle = lifecycle
    facts = lifecycle.context.facts
    context = lifecycle.context
    onError = plan.onError
    timeoutNanoseconds = plan.timeoutNanoseconds
    hookBudgetNanoseconds = plan.hookBudgetNanoseconds
    when = plan.when
    needsRequestBody = vtable.flags & LLMP_MW_NEED_REQUEST_BODY != 0
    needsResponseBody = vtable.flags & LLMP_MW_NEED_RESPONSE_BODY != 0
    tapsResponse = vtable.flags & LLMP_MW_TAP_RESPONSE != 0
    consumesModel = facts.consumes.contains("llmp.model") || facts.consumes.contains("llmp.stream")
    meter = HookMeter(
      hooks: Hook.allCases.count, shards: shards, budgetNanoseconds: plan.hookBudgetNanoseconds)
    context.stage = self
  }

  deinit { context.stage = nil }

  /// Counts one hook call; see `HookMeter.record`.
  @inline(__always)
  @discardableResult
  public func record(_ hook: Hook, shard: Int, nanoseconds: UInt64, outcome: HookMeter.Outcome) -> Bool {
    meter.record(hook: hook.rawValue, shard: shard, nanoseconds: nanoseconds, outcome: outcome)
  }

  /// The counters of one hook. Any thread.
  public func figures(_ hook: Hook) -> HookMeter.Figures { meter.figures(hook: hook.rawValue) }
}
