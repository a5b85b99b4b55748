import CLLMProxyPlugin
import NIOCore
import ProxyCore
import ProxyPluginHost

/// Answers that are held whole because the adapter or a stage wants to see them at once.
extension Exchange {
  func holdAnswer(_ bytes: ByteBuffer, _ spans: ContiguousArray<Range<Int>>) {
    let limit = serving?.limits.requestBodyBytes ?? 0
    for span in spans {
      guard var piece = bytes.getSlice(at: bytes.readerIndex + span.lowerBound, length: span.count)
      else { continue }
      if (answer.held?.readableBytes ?? 0) + piece.readableBytes > limit {
        connection?.cancel()
        connection = nil
        return fault(.upstreamFailed)
      }
      if answer.held == nil {
        answer.held = piece
      } else {
        answer.held?.writeBuffer(&piece)
      }
    }
  }

  func finishHeldAnswer() {
    if answer.held == nil { answer.held = ByteBuffer() }
    if answer.mode == LLMP_MODE_BUFFER { callUpstreamBody() }
    runResponseBody(below: serving?.stages.count ?? 0)
  }

  private func callUpstreamBody() {
    guard let route = currentRoute, let hook = route.provider.vtable.upstream_body, let held = answer.held
    else { return }
    let sink = OutSink(limit: outLimit)
    let outer = openRequest(to: route.provider.context)
    let verdict = held.withUnsafeReadableBytes { raw in
      hook(
        route.provider.inst, handle, &attemptSlot, Slice(raw).text, sink.handle, &usage, loop.freshError())
    }
    closeRequest(outer)
    if verdict == LLMP_REPLACE { answer.held = sink.bytes }
  }

  func runResponseBody(below limit: Int) {
    guard let serving else { return }
    startHookClock()
    var index = limit - 1
    while index >= 0 {
      defer { index -= 1 }
      if taps(index) {
        answer.held?.withUnsafeReadableBytes { tap($0, at: index) }
        guard phase == .holdingAnswer else { return }
        tapEnd(at: index)
      }
      guard serving.facts.responseBody & ~detached & bit(index) != 0,
        let hook = serving.stages[index].vtable.response_body
      else { continue }
      let stage = serving.stages[index]
      let verdict = call(stage, index, .responseBody, hook)
      if settle(verdict, stage, .responseBody) == .stop { return }
    }
    sendHeldAnswer()
  }

  private func sendHeldAnswer() {
    let held = answer.held ?? ByteBuffer()
    answer.held = nil
    phase = .answering
    outcome.responseBytes = UInt64(held.readableBytes)
    responseMap.removeReceived(Slice("content-length"))
    writeHead(mayHaveBody ? .counted(held.readableBytes) : .asReceived)
    if held.readableBytes > 0, mayHaveBody { emit(held) }
    flushAnswer()
    endProvider(LLMP_OK)
    end(keepAlive: answer.keepAlive)
  }
}
