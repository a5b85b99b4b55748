import CLLMProxyPlugin
import NIOCore
import ProxyCore
import ProxyPluginHost
import ProxyWire

/// Bodies that are read or rewritten on their way: the adapter first, then the stages in reverse order.
extension Exchange {
  /// Bytes a hook may write for one input before it is a failure: the expansion limit.
  var outLimit: Int { 1 << 20 }

  // MARK: reading what passes

  func observeEvents(_ bytes: ByteBuffer, _ spans: ContiguousArray<Range<Int>>) {
    guard let route = currentRoute, let hook = route.provider.vtable.upstream_sse else { return }
    startHookClock()
    let outer = openRequest(to: route.provider.context)
    bytes.withUnsafeReadableBytes { raw in
      for span in spans {
        do {
          try answer.splitter?.feed(UnsafeRawBufferPointer(rebasing: raw[span])) { event in
            if !event.isDone { outcome.events += 1 }
            var lent = event.lent
            _ = hook(route.provider.inst, handle, &attemptSlot, &lent, nil, &usage, loop.freshError())
          }
        } catch {
          // An event larger than the splitter keeps passes unread; its usage is unknown then.
          answer.isObservingEvents = false
        }
      }
    }
    closeRequest(outer)
    count(route.provider, .upstreamSSE, LLMP_CONTINUE)
  }

  // MARK: rewriting

  func transform(_ bytes: ByteBuffer, _ spans: ContiguousArray<Range<Int>>) {
    bytes.withUnsafeReadableBytes { raw in
      for span in spans where phase == .answering {
        let piece = UnsafeRawBufferPointer(rebasing: raw[span])
        switch answer.mode {
        case LLMP_MODE_RAW: transformRaw(piece)
        case LLMP_MODE_SSE: splitEvents(piece) { self.providerEvent($0) }
        default:
          if answer.isObservingEvents || answer.splitter != nil {
            splitEvents(piece) { event in
              self.observeOne(event)
              self.stageEvent(event.lent, below: self.serving?.stages.count ?? 0)
            }
          } else {
            stageChunk(piece, below: serving?.stages.count ?? 0)
          }
        }
      }
    }
  }

  private func splitEvents(_ piece: UnsafeRawBufferPointer, _ body: (SSEEvent) -> Void) {
    // Out of the struct while hooks run, which may end the exchange and reset it.
    guard var splitter = answer.splitter else { return }
    answer.splitter = nil
    do {
      try splitter.feed(piece) { event in
        if phase == .answering { body(event) }
      }
    } catch {
      connection?.cancel()
      connection = nil
      return breakAnswer(.upstreamFailed)
    }
    if phase == .answering { answer.splitter = splitter }
  }

  private func observeOne(_ event: SSEEvent) {
    guard answer.isObservingEvents, let route = currentRoute, let hook = route.provider.vtable.upstream_sse
    else { return }
    if !event.isDone { outcome.events += 1 }
    var lent = event.lent
    let outer = openRequest(to: route.provider.context)
    _ = hook(route.provider.inst, handle, &attemptSlot, &lent, nil, &usage, loop.freshError())
    closeRequest(outer)
  }

  private func providerEvent(_ event: SSEEvent) {
    guard let route = currentRoute, let hook = route.provider.vtable.upstream_sse else { return }
    if !event.isDone { outcome.events += 1 }
    var lent = event.lent
    let sink = OutSink(limit: outLimit)
    let outer = openRequest(to: route.provider.context)
    let verdict = hook(
      route.provider.inst, handle, &attemptSlot, &lent, sink.handle, &usage, loop.freshError())
    closeRequest(outer)
    afterProvider(verdict, sink) { stageEvent(lent, below: serving?.stages.count ?? 0) }
  }

  private func transformRaw(_ piece: UnsafeRawBufferPointer) {
    guard let route = currentRoute, let hook = route.provider.vtable.upstream_chunk else { return }
    let sink = OutSink(limit: outLimit)
    let outer = openRequest(to: route.provider.context)
    let verdict = hook(
      route.provider.inst, handle, &attemptSlot, Slice(piece).text, sink.handle, &usage, loop.freshError())
    closeRequest(outer)
    afterProvider(verdict, sink) { stageChunk(piece, below: serving?.stages.count ?? 0) }
  }

  private func afterProvider(_ verdict: llmp_verdict_t, _ sink: OutSink, unchanged: () -> Void) {
    switch verdict {
    case LLMP_CONTINUE: unchanged()
    case LLMP_DROP: break
    case LLMP_REPLACE: forward(sink, below: serving?.stages.count ?? 0)
    default:
      connection?.cancel()
      connection = nil
      outcome.isStageFailed = true
      breakAnswer(.stageFailed)
    }
  }

  /// Hands what a hook wrote to the stages that come after it in the response direction.
  private func forward(_ sink: OutSink, below limit: Int) {
    for item in sink.items {
      switch item {
      case .bytes(let bytes): bytes.withUnsafeBytes { stageChunk($0, below: limit) }
      case .event(let event, let data, let id):
        withLent(event, data, id) { stageEvent($0, below: limit) }
      }
    }
  }

  private func withLent(
    _ event: [UInt8], _ data: [UInt8], _ id: [UInt8], _ body: (llmp_sse_t) -> Void
  ) {
    event.withUnsafeBytes { event in
      data.withUnsafeBytes { data in
        id.withUnsafeBytes { id in
          var lent = llmp_sse_t()
          lent.struct_size = UInt32(MemoryLayout<llmp_sse_t>.size)
          lent.event = Slice(event).text
          lent.data = Slice(data).text
          lent.id = Slice(id).text
          body(lent)
        }
      }
    }
  }

  /// One event on its way through the stages below `limit`, last one first, to the client.
  func stageEvent(_ event: llmp_sse_t, below limit: Int) {
    guard let serving, phase == .answering else { return }
    var index = limit - 1
    while index >= 0 {
      defer { index -= 1 }
      if taps(index) {
        tap(event, at: index)
        guard phase == .answering else { return }
      }
      guard serving.facts.responseSSE & ~detached & bit(index) != 0,
        let hook = serving.stages[index].vtable.response_sse
      else { continue }
      let stage = serving.stages[index]
      var lent = event
      let sink = OutSink(limit: outLimit)
      let verdict = callStream(stage, index, .responseSSE) {
        hook(stage.inst, handle, slots + index, &lent, sink.handle, $0)
      }
      if !goesOn(verdict, stage, sink, below: index) { return }
    }
    produce { OutSink.appendEvent(event, to: &$0) }
  }

  /// Bytes on their way through the stages below `limit`, last one first, to the client.
  func stageChunk(_ piece: UnsafeRawBufferPointer, below limit: Int) {
    guard let serving, phase == .answering else { return }
    var index = limit - 1
    while index >= 0 {
      defer { index -= 1 }
      if taps(index) {
        tap(piece, at: index)
        guard phase == .answering else { return }
      }
      guard serving.facts.responseChunk & ~detached & bit(index) != 0,
        let hook = serving.stages[index].vtable.response_chunk
      else { continue }
      let stage = serving.stages[index]
      let sink = OutSink(limit: outLimit)
      let verdict = callStream(stage, index, .responseChunk) {
        hook(stage.inst, handle, slots + index, Slice(piece).text, sink.handle, $0)
      }
      if !goesOn(verdict, stage, sink, below: index) { return }
    }
    produce { $0.writeBytes(piece) }
  }

  func callStream(
    _ stage: StageInstance, _ index: Int, _ kind: StageInstance.Hook,
    _ body: (UnsafeMutablePointer<llmp_err_t>) -> llmp_verdict_t
  ) -> llmp_verdict_t {
    ran |= bit(index)
    startHookClock()
    let outer = openRequest(to: stage.context)
    let verdict = body(loop.freshError())
    closeRequest(outer)
    count(stage, kind, verdict)
    return verdict
  }

  /// Whether the unchanged input goes on to the next stage.
  private func goesOn(
    _ verdict: llmp_verdict_t, _ stage: StageInstance, _ sink: OutSink, below index: Int
  ) -> Bool {
    switch verdict {
    case LLMP_CONTINUE: return true
    case LLMP_DETACH:
      detached |= bit(stage.index)
      return true
    case LLMP_DROP: return false
    case LLMP_REPLACE where !sink.isOverflown:
      forward(sink, below: index)
      return false
    default:
      // A stream does not wait: LLMP_PAUSE in a stream hook is a failure of the stage in this version.
      outcome.isStageFailed = true
      loop.figures.stageFailures += 1
      loop.state.log.stageFailed(
        stage: stage.name, hook: "responseStream", verdict: verdict, text: loop.errorText,
        request: requestID.string)
      if stage.onError == .open {
        detached |= bit(stage.index)
        return true
      }
      connection?.cancel()
      connection = nil
      breakAnswer(.stageFailed)
      return false
    }
  }

  private func produce(_ body: (inout ByteBuffer) -> Void) {
    guard phase == .answering else { return }
    var out = answer.produced ?? loop.allocator.buffer(capacity: 1024)
    answer.produced = nil
    body(&out)
    answer.produced = out
  }

  /// The end of a rewritten body: what was held back comes out, then every stage's `response_end`.
  func endTransforms() {
    if answer.isTransformed, var splitter = answer.splitter {
      answer.splitter = nil
      splitter.finish { event in
        if phase == .answering { stageEvent(event.lent, below: serving?.stages.count ?? 0) }
      }
    }
    guard let serving, serving.facts.responseEnd != 0 else { return }
    var index = serving.stages.count - 1
    while index >= 0, phase == .answering {
      defer { index -= 1 }
      guard serving.facts.responseEnd & ~detached & bit(index) != 0,
        let hook = serving.stages[index].vtable.response_end
      else { continue }
      let stage = serving.stages[index]
      if taps(index) {
        tapEnd(at: index)
        continue
      }
      let sink = OutSink(limit: outLimit)
      let verdict = callStream(stage, index, .responseEnd) {
        hook(stage.inst, handle, slots + index, answer.isTransformed ? sink.handle : nil, $0)
      }
      if verdict == LLMP_REPLACE, answer.isTransformed { forward(sink, below: index) }
    }
  }
}

extension SSEEvent {
  /// The form in which plugins get it; valid as long as the event.
  var lent: llmp_sse_t {
    var lent = llmp_sse_t()
    lent.struct_size = UInt32(MemoryLayout<llmp_sse_t>.size)
    lent.flags = isDone ? LLMP_SSE_DONE : 0
    lent.event = Slice(event).text
    lent.data = Slice(data).text
    lent.id = Slice(id).text
    return lent
  }
}
