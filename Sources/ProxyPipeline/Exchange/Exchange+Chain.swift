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
    startHookClock()
    if start == 0 { times.began = hookClock }
    for index in start..<serving.stages.count
    where serving.facts.requestHeaders & ~detached & bit(index) != 0 {
      let step = serving.withStage(index) { stage -> Step in
        guard let hook = stage.vtable.request_headers else { return .next }
        return settle(call(stage, index, .requestHeaders, hook), stage, .requestHeaders)
      }
      if step == .stop { return }
    }
    decideBody()
  }

  func runRequestBody(from start: Int) {
    guard let serving else { return }
    phase = .requestBody
    if start == 0, serving.holdsForModel || currentRoute?.readsBody == true || isBudgeted { noteModel() }
    startHookClock()
    for index in start..<serving.stages.count
    where serving.facts.requestBody & ~detached & bit(index) != 0 {
      let step = serving.withStage(index) { stage -> Step in
        guard let hook = stage.vtable.request_body else { return .next }
        return settle(call(stage, index, .requestBody, hook), stage, .requestBody)
      }
      if step == .stop { return }
    }
    if isBodyReplaced { noteServedModel() }
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

  /// Calls a hook with the request open to the plugin, and counts it.
  @inline(__always)
  func call(
    _ stage: StageInstance, _ index: Int, _ kind: StageInstance.Hook, _ hook: PlainHook
  ) -> llmp_verdict_t {
    ran |= bit(index)
    let error = loop.freshError()
    let outer = openRequest(to: stage.context)
    let verdict = hook(stage.inst, handle, slots + index, error)
    closeRequest(outer)
    count(stage, kind, verdict)
    return verdict
  }

  /// Hooks are called after this: their time begins now.
  @inline(__always)
  func startHookClock() {
    hookClock = Clocks.monotonicNanoseconds()
  }

  /// Adds a hook call that has just ended to the stage's figures and to the trace.
  @inline(__always)
  func count(_ stage: StageInstance, _ kind: StageInstance.Hook, _ verdict: llmp_verdict_t) {
    let now = Clocks.monotonicNanoseconds()
    let duration = now &- hookClock
    // Stream hooks run for each piece: theirs is one entry.
    let isRepeated = kind == .responseSSE || kind == .responseChunk
    trace.add(UInt8(truncatingIfNeeded: stage.index), kind.rawValue, verdict, hookClock, duration, isRepeated)
    hookClock = now
    if stage.record(kind, shard: loop.shard, nanoseconds: duration, outcome: Self.outcome(of: verdict)) {
      loop.state.log.slowHook(stage.name, kind.name, duration)
    }
  }

  /// The same for a hook of the adapter.
  @inline(__always)
  func count(_ provider: ProviderInstance, _ kind: ProviderInstance.Hook, _ verdict: llmp_verdict_t) {
    let now = Clocks.monotonicNanoseconds()
    let duration = now &- hookClock
    provider.record(kind, shard: loop.shard, nanoseconds: duration, outcome: Self.outcome(of: verdict))
    trace.add(TraceBuffer.adapter, kind.rawValue, verdict, hookClock, duration, kind == .upstreamSSE)
    hookClock = now
  }

  private static func outcome(of verdict: llmp_verdict_t) -> HookMeter.Outcome {
    verdict == LLMP_PAUSE ? .paused : verdict == LLMP_ERROR || verdict > LLMP_REPLAY ? .failed : .passed
  }

  /// Lets an instance touch the request until `closeRequest`; returns what was open before.
  @inline(__always)
  func openRequest(to context: InstanceContext) -> Unmanaged<InstanceContext>? {
    let outer = openCaller
    openCaller = Unmanaged.passUnretained(context)
    return outer
  }

  @inline(__always)
  func closeRequest(_ outer: Unmanaged<InstanceContext>?) {
    openCaller = outer
  }

  /// What a verdict of a hook without stream output leads to.
  @inline(__always)
  func settle(_ verdict: llmp_verdict_t, _ stage: StageInstance, _ hook: Pause.Hook) -> Step {
    verdict == LLMP_CONTINUE ? .next : settleOther(verdict, stage, hook)
  }

  private func settleOther(_ verdict: llmp_verdict_t, _ stage: StageInstance, _ hook: Pause.Hook) -> Step {
    switch verdict {
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
    case LLMP_REPLAY where reply != nil:
      return replay(of: stage, hook)
    default:
      return failed(stage, hook, verdict)
    }
  }

  /// A stage failed: by its `on_error` the exchange goes on without it or ends with an error.
  func failed(_ stage: StageInstance, _ hook: Pause.Hook, _ verdict: llmp_verdict_t) -> Step {
    outcome.isStageFailed = true
    loop.figures.stageFailures += 1
    // Other failures were counted with the call; this one looked like a success until now.
    if verdict == LLMP_RESPOND || verdict == LLMP_PAUSE || verdict == LLMP_REPLAY {
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
