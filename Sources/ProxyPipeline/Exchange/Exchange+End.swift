import CLLMProxyPlugin
import NIOCore
import ProxyCore
import ProxyPluginHost
import ProxyStore

/// The end of an exchange: always, and exactly once.
extension Exchange {
  /// Closes the adapter's part: `upstream_end` after a whole answer, then `attempt_done`.
  func endProvider(_ status: llmp_status_t) {
    guard isAttemptOpen, let route = currentRoute else { return }
    isAttemptOpen = false
    let provider = route.provider
    let outer = openRequest(to: provider.context)
    if status == LLMP_OK, let hook = provider.vtable.upstream_end {
      startHookClock()
      _ = hook(provider.inst, handle, &attemptSlot, nil, &usage, loop.freshError())
      count(provider, .upstreamEnd, LLMP_CONTINUE)
    }
    provider.vtable.attempt_done?(provider.inst, handle, &attemptSlot, status)
    closeRequest(outer)
  }

  /// The client left: the provider is told at once, and the exchange ends.
  public func clientGone() {
    guard phase != .free, phase != .ended else { return }
    outcome.isClientGone = true
    loop.figures.clientsGone += 1
    if phase == .replyStream { notifyStreamOwner(LLMP_EV_CANCELLED) }
    if let pause, case .stage(let index) = pause.owner, let stage = stage(index),
      let hook = stage.vtable.on_event
    {
      let outer = openRequest(to: stage.context)
      _ = hook(stage.inst, handle, slots + index, LLMP_EV_CANCELLED, 0, nil, loop.freshError())
      closeRequest(outer)
    }
    dropAttempt()
    endProvider(LLMP_E_CANCELLED)
    end(keepAlive: false)
  }

  func end(keepAlive: Bool) {
    guard phase != .ended, phase != .free else { return }
    phase = .ended
    times.ended = Clocks.monotonicNanoseconds()
    dropAttempt()
    endProvider(outcome.isClientGone ? LLMP_E_CANCELLED : LLMP_E_IO)
    reference?.invalidate()
    reference = nil
    runRequestDone()
    // Behind the last hooks: they may still put the real cost in the place of an estimate.
    for lease in leases { loop.state.leases.end(lease) }
    count()
    countCache()
    recordExchange()
    recordDenial()
    serving?.generation.unpin()
    let client = client
    let isGone = outcome.isClientGone
    reset()
    loop.checkIn(self)
    if !isGone { client?.exchangeEnded(keepAlive: keepAlive) }
  }

  private func runRequestDone() {
    guard let serving else { return }
    hookClock = times.ended
    let concerned = serving.facts.requestDone & (ran | serving.facts.observers) & ~excluded
    for index in serving.stages.indices.reversed() where concerned & bit(index) != 0 {
      serving.withStage(index) { stage in
        guard let hook = stage.vtable.request_done else { return }
        let outer = openRequest(to: stage.context)
        hook(stage.inst, handle, slots + index)
        closeRequest(outer)
        count(stage, .requestDone, LLMP_CONTINUE)
      }
    }
  }

  private func count() {
    let duration = ExchangeTimes.microseconds(times.started, times.ended)
    loop.figures.count(status: outcome.isClientGone ? 499 : outcome.status, durationMicroseconds: duration)
    if times.upstreamHead != 0 {
      let head = ExchangeTimes.microseconds(times.attempt, times.upstreamHead)
      loop.figures.upstreamBuckets[LoopFigures.bucket(head)] += 1
      loop.figures.upstreamSum += head
    }
    if outcome.isStreamed, answer.isHeadSent { loop.figures.streamsInFlight -= 1 }
    if attempts > 0 {
      let isFailed = outcome.isUpstreamFailed || outcome.status >= 500
      loop.figures.countAttempt(
        route: selectedRoute, isFailed: isFailed,
        headMicroseconds: times.upstreamHead == 0
          ? nil : ExchangeTimes.microseconds(times.attempt, times.upstreamHead))
    }
    if usage.input_tokens > 0 { loop.figures.inputTokens &+= UInt64(usage.input_tokens) }
    if usage.output_tokens > 0 { loop.figures.outputTokens &+= UInt64(usage.output_tokens) }
    loop.figures.requestBytes &+= outcome.requestBytes
    loop.figures.responseBytes &+= outcome.responseBytes
  }

  /// Counts what the response cache says of this exchange, whichever stage that is.
  private func countCache() {
    guard let status = metadata.text(LLMP_META_CACHE_STATUS) else { return }
    if status.equals(Slice("miss")) {
      loop.figures.cacheMisses += 1
    } else if status.equals(Slice("hit")) {
      guard outcome.isReplay else { return }
      loop.figures.cacheHits += 1
      token?.noteCacheHit(nowMilliseconds: Clocks.unixMilliseconds())
    } else if status.equals(Slice("stored")) {
      loop.figures.cacheMisses += 1
      loop.figures.cacheStores += 1
    } else if status.equals(Slice("bypass")) {
      loop.figures.cacheBypasses += 1
    }
  }

  /// Makes the object ready for the next exchange; storage is kept.
  func reset() {
    phase = .free
    serving = nil
    client = nil
    requestBase = nil
    requestMap.reset()
    upstreamMap.reset()
    responseMap.reset()
    metadata.reset()
    ran = 0
    detached = 0
    excluded = 0
    pause = nil
    deniedBy = nil
    leases.removeAll(keepingCapacity: true)
    reservation = nil
    bodyMode = .undecided
    body = nil
    loop.releaseBody(heldBytes)
    heldBytes = 0
    isBodyComplete = false
    isBodyReplaced = false
    isJSONIndexed = false
    changedModel = nil
    route = nil
    token = nil
    peeked = nil
    peekedID = Slice()
    peekedProject = Slice()
    isStoreDown = false
    policies.removeAll()
    appliedPolicies = []
    attemptSlot = nil
    isAttemptOpen = false
    attempts = 0
    hasRetriedStale = false
    providerHost = Slice()
    upstreamPath = Slice()
    reply = nil
    replyStream = nil
    isProviderReply = false
    response = ReceivedHead()
    answer = AnswerState()
    usage = Self.unknownUsage
    trace.reset()
    refusalMessage = Slice()
    outcome = ExchangeOutcome()
    arena.reset()
  }

  /// Usage of which nothing is known: -1 everywhere.
  static let unknownUsage: llmp_usage_t = {
    var usage = llmp_usage_t()
    usage.struct_size = UInt32(MemoryLayout<llmp_usage_t>.size)
    usage.input_tokens = -1
    usage.output_tokens = -1
    usage.total_tokens = -1
    usage.cached_input_tokens = -1
    usage.cache_write_tokens = -1
    usage.reasoning_tokens = -1
    usage.audio_input_tokens = -1
    usage.audio_output_tokens = -1
    return usage
  }()
}
