import CLLMProxyPlugin
import NIOCore
import ProxyPluginHost
import ProxyWire

/// An answer that a stage kept from the provider and gives again (`LLMP_REPLAY`).
extension Exchange {
  /// Puts the prepared reply in the provider's place, either instead of asking or for what was answered.
  func replay(of stage: StageInstance, _ hook: Pause.Hook) -> Step {
    guard let reply, hook == .requestHeaders || hook == .requestBody || hook == .responseHeaders else {
      return failed(stage, hook, LLMP_REPLAY)
    }
    self.reply = nil
    // The kept body has passed this stage and those behind it once already.
    let passed = ~(bit(stage.index) &- 1)
    if hook == .responseHeaders {
      // What came may still be on its way; its end is when the kept body leaves.
      let isEnded = answer.isQueueEnded
      answer = AnswerState()
      answer.isQueueEnded = isEnded
      adopt(reply)
      answer.replacement = reply.body
      detached |= passed
      return .next
    }
    // A way around a policy otherwise: the request would not have been forwarded.
    guard policies.members.isSubset(of: appliedPolicies) else {
      fault(.policyNotApplied)
      return .stop
    }
    outcome.isGatewayReply = true
    outcome.isReplay = true
    loop.figures.gatewayReplies += 1
    answer.mustClose = !isBodyComplete && !request.isBodySmall
    bodyMode = .discarding
    adopt(reply)
    addOwnFields()
    phase = .responseHeaders
    if showReplay(behind: stage.index) == .stop { return .stop }
    detached |= passed
    answer.replacement = reply.body
    startHookClock()
    runResponseHeaders(below: stage.index)
    if answer.replacement != nil { receiveReplacement() }
    return .stop
  }

  /// The kept body, at the place of the one that came or would have come.
  func receiveReplacement() {
    guard let body = answer.replacement else { return }
    answer.replacement = nil
    let span = 0..<body.readableBytes
    let hasBody = response.framing != .none && !span.isEmpty
    receive(hasBody ? body : ByteBuffer(), spans: hasBody ? [span] : [], isWhole: true, ended: true)
  }

  /// The head of a kept answer; what stages have set beside a received one stays.
  private func adopt(_ reply: Reply) {
    let count = reply.body.readableBytes
    let hasBody = request.method != .head && reply.status != 204 && reply.status != 304
    responseMap.adopt(reply.fields)
    let type = responseMap.get(Slice("content-type"))
    if reply.status != 204, reply.status != 304 { answer.keptLength = count }
    response = ReceivedHead(
      status: reply.status, framing: hasBody ? .length(UInt64(count)) : .none,
      isEventStream: hasBody && type.map { MediaType.isEventStream($0.bytes) } == true)
    outcome.status = reply.status
    outcome.isStreamed = response.isEventStream
  }

  /// `response_headers` of the stages behind the one that replays: headers are not kept as they left them.
  private func showReplay(behind index: Int) -> Step {
    guard let serving else { return .stop }
    startHookClock()
    for later in serving.stages.indices.reversed() where later > index {
      let concerned = (ran | serving.facts.observers) & ~excluded & ~detached
      guard serving.facts.responseHeaders & concerned & bit(later) != 0,
        let hook = serving.stages[later].vtable.response_headers
      else { continue }
      let verdict = call(serving.stages[later], later, .responseHeaders, hook)
      // Anything but a failure would be about an answer that is over.
      if verdict == LLMP_ERROR, settle(verdict, serving.stages[later], .responseHeaders) == .stop {
        return .stop
      }
    }
    return .next
  }
}
