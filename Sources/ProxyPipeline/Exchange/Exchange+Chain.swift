import CLLMProxyPlugin
import ProxyCore
import ProxyPluginHost

/// The chain, request side: every stage's `request_headers`, then, for held bodies, every `request_body`.
extension Exchange {
  /// Hooks that only get the request.
  typealias PlainHook =
    @convention(c) (
      UnsafeMutableRawPointer?, UnsafeMutablePointer<llmp_req_t>?,
      UnsafeMutablePointer<UnsafeMutableRawPointer?>?, UnsafeMutablePointer<llmp_err_t>?
    ) -> llmp_verdict_t

  /// Whether the chain goes on or something else has taken over.
  enum Step { case next, stop }

  func runRequestHeaders(from start: Int) {
    guard let serving else { return }
    if start == 0, serving.facts.conditional != 0 { excludeByCondition(serving) }
    var clock = Clocks.monotonicNanoseconds()
    for index in start..<serving.stages.count {
      guard serving.facts.requestHeaders & ~detached & bit(index) != 0,
        let hook = serving.stages[index].vtable.request_headers
      else { continue }
      let stage = serving.stages[index]
      let verdict = call(stage, index, .requestHeaders, hook, &clock)
      if settle(verdict, stage, .requestHeaders) == .stop { return }
    }
    decideBody()
  }

  func runRequestBody(from start: Int) {
    guard let serving else { return }
    phase = .requestBody
    if start == 0, serving.holdsForModel || currentRoute?.readsBody == true { noteModel() }
    var clock = Clocks.monotonicNanoseconds()
    for index in start..<serving.stages.count {
      guard serving.facts.requestBody & ~detached & bit(index) != 0,
        let hook = serving.stages[index].vtable.request_body
      else { continue }
      let stage = serving.stages[index]
      let verdict = call(stage, index, .requestBody, hook, &clock)
      if settle(verdict, stage, .requestBody) == .stop { return }
    }
    admit()
  }

  /// Stages whose `when:` does not match are out of this exchange; nothing of them runs.
  private func excludeByCondition(_ serving: ServingGeneration) {
    let operation = Operations.name(path: path)
    for index in serving.stages.indices {
      guard let when = serving.stages[index].when else { continue }
      if !when.matches(operation: operation.bytes, path: path.bytes, method: method.bytes) {
        excluded |= bit(index)
      }
    }
    detached |= excluded
  }

  func bit(_ index: Int) -> UInt64 { 1 << UInt64(index) }

  /// Calls a hook with the request open to the plugin, and counts it. `clock` is the time before and after.
  func call(
    _ stage: StageInstance, _ index: Int, _ kind: StageInstance.Hook, _ hook: PlainHook,
    _ clock: inout UInt64
  ) -> llmp_verdict_t {
    ran |= bit(index)
    cursor = index
    let error = loop.freshError()
    let outer = openRequest(to: stage.context)
    let verdict = hook(stage.inst, handle, slots + index, error)
    closeRequest(outer)
    count(stage, kind, verdict, &clock)
    return verdict
  }

  /// Adds a finished hook call to the stage's figures and moves `clock` to now.
  func count(
    _ stage: StageInstance, _ kind: StageInstance.Hook, _ verdict: llmp_verdict_t, _ clock: inout UInt64
  ) {
    let now = Clocks.monotonicNanoseconds()
    let outcome: HookMeter.Outcome =
      verdict == LLMP_PAUSE ? .paused : verdict == LLMP_ERROR || verdict > LLMP_DROP ? .failed : .passed
    if stage.record(kind, shard: loop.shard, nanoseconds: now &- clock, outcome: outcome) {
      loop.state.log.slowHook(stage.name, kind.name, now &- clock)
    }
    clock = now
  }

  /// Lets an instance touch the request until `closeRequest`; returns what was open before.
  func openRequest(to context: InstanceContext) -> InstanceContext? {
    let outer = caller
    caller = context
    isInHook = true
    return outer
  }

  func closeRequest(_ outer: InstanceContext?) {
    caller = outer
    isInHook = outer != nil
  }

  /// What a verdict of a hook without stream output leads to.
  func settle(_ verdict: llmp_verdict_t, _ stage: StageInstance, _ hook: Pause.Hook) -> Step {
    switch verdict {
    case LLMP_CONTINUE:
      return .next
    case LLMP_DETACH:
      detached |= bit(stage.index)
      return .next
    case LLMP_PAUSE where stage.vtable.on_event != nil:
      let deadline = Clocks.monotonicNanoseconds() &+ stage.timeoutNanoseconds
      pause = Pause(owner: .stage(stage.index), hook: hook, deadline: deadline)
      return .stop
    case LLMP_RESPOND where reply != nil || replyStream != nil:
      deniedBy = stage
      sendReply()
      return .stop
    default:
      return failed(stage, hook, verdict)
    }
  }

  /// A stage failed: by its `on_error` the exchange goes on without it or ends with an error.
  func failed(_ stage: StageInstance, _ hook: Pause.Hook, _ verdict: llmp_verdict_t) -> Step {
    outcome.isStageFailed = true
    loop.figures.stageFailures += 1
    // Other failures were counted with the call; this one looked like a success until now.
    if verdict == LLMP_RESPOND || verdict == LLMP_PAUSE {
      stage.meter.recordFailure(hook: hook.counted.rawValue, shard: loop.shard)
    }
    reply = nil
    replyStream = nil
    loop.state.log.stageFailed(
      stage: stage.name, hook: "\(hook)", verdict: verdict, text: loop.errorText, request: requestID.string)
    if stage.onError == .open {
      detached |= bit(stage.index)
      return .next
    }
    deniedBy = stage
    fault(.stageFailed)
    return .stop
  }
}
