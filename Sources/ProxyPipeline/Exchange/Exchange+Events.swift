import CLLMProxyPlugin
import ProxyCore
import ProxyPluginHost
import ProxyTransport

/// What happens to a waiting exchange: it is resumed, or its time is up.
extension Exchange {
  /// The instance behind `owner` called `resume(cookie)`. Only the paused instance hears it.
  func resume(cookie: UInt64, of owner: UnsafeRawPointer?) {
    guard let pause else { return }
    switch pause.owner {
    case .stage(let index):
      guard let context = stage(index)?.context, Self.isSame(context, owner) else { return }
      resumeStage(pause, index, cookie)
    case .provider:
      guard let context = currentRoute?.provider.context, Self.isSame(context, owner) else { return }
      resumeProvider(pause, cookie)
    }
  }

  private static func isSame(_ context: InstanceContext, _ owner: UnsafeRawPointer?) -> Bool {
    UnsafeRawPointer(Unmanaged.passUnretained(context).toOpaque()) == owner
  }

  private func resumeStage(_ pause: Pause, _ index: Int, _ cookie: UInt64) {
    guard let stage = stage(index), let hook = stage.vtable.on_event else { return }
    startHookClock()
    let outer = openRequest(to: stage.context)
    let verdict = hook(
      stage.inst, handle, slots + index, LLMP_EV_RESUME, cookie, nil, loop.freshError())
    closeRequest(outer)
    count(stage, .onEvent, verdict)
    if verdict == LLMP_PAUSE { return }
    self.pause = nil
    if settle(verdict, stage, pause.hook) == .next { goOn(after: pause.hook, at: index) }
  }

  private func resumeProvider(_ pause: Pause, _ cookie: UInt64) {
    guard let route = currentRoute, let hook = route.provider.vtable.on_event else { return }
    let outer = openRequest(to: route.provider.context)
    let verdict = hook(
      route.provider.inst, handle, &attemptSlot, LLMP_EV_RESUME, cookie, loop.freshError())
    closeRequest(outer)
    if verdict == LLMP_PAUSE { return }
    self.pause = nil
    continuePreparing(after: verdict, pause.hook)
  }

  /// Takes the chain up again behind the stage that paused.
  private func goOn(after hook: Pause.Hook, at index: Int) {
    switch hook {
    case .requestHeaders: runRequestHeaders(from: index + 1)
    case .requestBody: runRequestBody(from: index + 1)
    case .responseHeaders:
      startHookClock()
      runResponseHeaders(below: index)
      deliverQueued()
    case .responseBody: runResponseBody(below: index)
    case .prepare, .sign: break
    }
  }

  /// What the provider sent while a stage thought about the head.
  private func deliverQueued() {
    guard pause == nil else { return }
    if answer.replacement != nil, answer.isQueueEnded { return receiveReplacement() }
    let queue = answer.queue
    let isEnded = answer.isQueueEnded
    answer.queue = []
    for (index, delivery) in queue.enumerated() {
      guard phase == .answering || phase == .holdingAnswer else { return }
      deliver(
        delivery.bytes, delivery.spans, isWhole: delivery.isWhole,
        ended: isEnded && index == queue.count - 1)
    }
    guard phase == .answering || phase == .holdingAnswer else { return }
    connection?.setReading(true)
    if isEnded { finishAnswer() } else if phase == .answering { flushAnswer() }
  }

  // MARK: deadlines

  /// How long the store may take to say whether a request may be sent. It says within milliseconds, or that it
  /// cannot be reached; this ends what waits for an answer that got lost.
  private static let accountingLimit: UInt64 = 10_000_000_000

  /// Looks at every deadline of the exchange; called a few times a second.
  func tick(_ now: UInt64) {
    if let pause {
      if now >= pause.deadline { pauseTimedOut(pause) }
      return
    }
    if phase == .accounting {
      if now > times.accounting, now - times.accounting > Self.accountingLimit { fault(.storeUnavailable) }
      return
    }
    guard let route = currentRoute, times.attempt != 0 else { return }
    if route.totalTimeout != 0, now &- times.attempt > route.totalTimeout { return timeOut(.totalTimeout) }
    if phase == .connecting || phase == .awaitingHead, route.requestTimeout != 0, bodyMode != .streaming,
      now &- times.attempt > route.requestTimeout
    {
      return timeOut(.firstByteTimeout)
    }
    switch phase {
    case .awaitingHead where bodyMode != .streaming:
      if route.firstByteTimeout != 0, now > times.lastUpstreamByte,
        now - times.lastUpstreamByte > route.firstByteTimeout
      {
        timeOut(.firstByteTimeout)
      }
    case .awaitingHead:
      // An upload under way: as long as the provider takes it, it may last.
      if connection?.isWritable == false, route.idleTimeout != 0, now > times.lastUpstreamByte,
        now - times.lastUpstreamByte > route.idleTimeout
      {
        timeOut(.idleTimeout)
      }
    case .answering, .holdingAnswer:
      if connection != nil, client?.isWritable == true, route.idleTimeout != 0,
        now > times.lastUpstreamByte, now - times.lastUpstreamByte > route.idleTimeout
      {
        timeOut(.idleTimeout)
      }
    default: break
    }
  }

  private func timeOut(_ error: UpstreamError) {
    guard phase == .connecting || phase == .awaitingHead || phase == .answering || phase == .holdingAnswer
    else { return }
    pendingConnect?.cancel()
    connection?.cancel()
    upstreamFailed(error)
  }

  private func pauseTimedOut(_ pause: Pause) {
    self.pause = nil
    switch pause.owner {
    case .provider:
      if let route = currentRoute { providerFailed(route, pause.hook, LLMP_PAUSE) }
    case .stage(let index):
      guard let stage = stage(index) else { return }
      stage.meter.recordFailure(hook: pause.hook.counted.rawValue, shard: loop.shard)
      outcome.isStageFailed = true
      loop.figures.stageFailures += 1
      loop.state.log.stageTimedOut(stage: stage.name, hook: "\(pause.hook)", request: requestID.string)
      guard stage.onError == .open else {
        deniedBy = stage
        return fault(.stageTimeout)
      }
      detached |= bit(index)
      goOn(after: pause.hook, at: index)
    }
  }
}
