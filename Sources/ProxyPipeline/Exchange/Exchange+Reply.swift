import CLLMProxyPlugin
import NIOCore
import ProxyCore
import ProxyPluginHost
import ProxyWire

/// Answers that are ours: from a stage, from the adapter itself, or a fault of the host.
extension Exchange {
  /// Ends the exchange with one of the host's own errors.
  func fault(_ fault: GatewayFault) {
    if !fault.mayRetry {
      responseMap.add(name: Slice("x-should-retry"), value: Slice("false"))
    }
    fault.type.withSlice { type in
      fault.code.withSlice { code in
        fault.message.withSlice { message in
          setErrorReply(fault.status, type: type, code: code, message: message)
        }
      }
    }
    sendReply()
  }

  /// Prepares an error answer. A line break in `message` separates the sentence from the description.
  func setErrorReply(_ status: UInt16, type: Slice, code: Slice, message: Slice) {
    var sentence = message
    var description = Slice()
    if let start = message.start, let cut = message.bytes.firstIndex(of: 10) {
      sentence = Slice(start: start, count: cut)
      description = Slice(start: start + cut + 1, count: message.count - cut - 1)
    }
    metadata.set(LLMP_META_DENY_REASON, .text(arena.copy(code.bytes)))
    refusalMessage = arena.copy(sentence.bytes)
    var new = Reply(status: status)
    new.isError = true
    new.body = FaultText.body(
      type: type, code: code, message: sentence, description: description, isBare: isBareClient)
    new.fields.append(AddedField(name: Slice("content-type"), value: Slice("application/json")))
    new.fields.append(AddedField(name: Slice("x-llm-proxy-error-source"), value: Slice("gateway")))
    reply = new
  }

  private var isBareClient: Bool {
    requestMap.get(Slice("user-agent")) == nil && requestMap.get(Slice("accept")) == nil
  }

  /// Sends what `reply` or `replyStream` holds. The stages that ran see its head.
  func sendReply() {
    guard phase != .ended, phase != .free else { return }
    dropAttempt()
    if !isProviderReply {
      outcome.isGatewayReply = true
      loop.figures.gatewayReplies += 1
    }
    if answer.isHeadSent {
      // Too late for another answer: what began cannot be taken back, only cut.
      return breakAnswer(.stageFailed)
    }
    let fields = reply?.fields ?? replyStream?.fields ?? []
    outcome.status = reply?.status ?? replyStream?.status ?? 500
    detachReceivedHead()
    responseMap.insertFirst(fields)
    addOwnFields()
    let mustClose = !isBodyComplete && !request.isBodySmall
    bodyMode = .discarding
    phase = .responseHeaders
    showReplyToStages()
    guard phase == .responseHeaders else { return }
    answer.keepAlive = request.keepAlive && !mustClose
    if replyStream != nil { return beginReplyStream() }
    writeReply()
  }

  /// A head that was received gives way to ours; what stages set stays.
  func detachReceivedHead() {
    responseMap.detach()
    responseMap.remove(Slice("x-llm-proxy-error-source"))
  }

  func addOwnFields() {
    if responseMap.get(Slice("x-request-id")) == nil {
      responseMap.add(name: Slice("x-request-id"), value: requestID)
    }
    if responseMap.get(Slice("date")) == nil {
      let date = loop.date(Clocks.unixNanoseconds()).withUnsafeBytes { arena.copy($0) }
      responseMap.add(name: Slice("date"), value: date)
    }
  }

  /// `response_headers` of the stages that ran, in reverse order. Their verdict cannot change a reply: a
  /// second opinion about a refusal would be a way around it.
  private func showReplyToStages() {
    guard let serving else { return }
    startHookClock()
    for index in serving.stages.indices.reversed() {
      guard serving.facts.responseHeaders & ran & ~detached & bit(index) != 0,
        let hook = serving.stages[index].vtable.response_headers
      else { continue }
      _ = call(serving.stages[index], index, .responseHeaders, hook)
    }
  }

  private func writeReply() {
    guard let reply else { return end(keepAlive: false) }
    phase = .answering
    let hasNoBody = outcome.status == 204 || outcome.status == 304
    outcome.responseBytes = UInt64(reply.body.readableBytes)
    writeHead(hasNoBody ? .asReceived : .counted(reply.body.readableBytes))
    self.reply = nil
    if request.method != .head, !hasNoBody, reply.body.readableBytes > 0 { emit(reply.body) }
    flushAnswer()
    if isProviderReply { endProvider(LLMP_OK) }
    end(keepAlive: answer.keepAlive)
  }

  // MARK: streamed replies

  private func beginReplyStream() {
    phase = .replyStream
    let isOld = request.minorVersion == 0
    if isOld { answer.keepAlive = false }
    answer.framing = isOld ? .untilClose : .rechunked
    if let type = responseMap.get(Slice("content-type")),
      MediaType.isEventStream(type.bytes)
    {
      outcome.isStreamed = true
      loop.figures.streams += 1
      loop.figures.streamsInFlight += 1
    }
    writeHead(isOld ? .untilClose : .chunked)
    flushAnswer()
    reference?.drainWrites()
  }

  /// Bytes of a streamed reply, in order.
  func writeReplyStream(_ bytes: ByteBuffer) {
    guard phase == .replyStream, bytes.readableBytes > 0 else { return }
    outcome.responseBytes &+= UInt64(bytes.readableBytes)
    if outcome.isStreamed, isProviderReply { outcome.events &+= Self.eventEnds(in: bytes) }
    emit(answer.framing == .untilClose ? bytes : loop.chunk(bytes))
    client?.flush()
  }

  /// Blank lines, which end events; those that two writes share are missed.
  private static func eventEnds(in bytes: ByteBuffer) -> UInt64 {
    var (ends, previous) = (UInt64(0), UInt8(0))
    for byte in bytes.readableBytesView {
      if byte == 10, previous == 10 { ends += 1 }
      previous = byte
    }
    return ends
  }

  /// The plugin has written the last byte of its streamed reply.
  func endReplyStream() {
    guard phase == .replyStream else { return }
    if answer.framing == .rechunked { emit(loop.lastChunk) }
    client?.flush()
    endProvider(LLMP_OK)
    end(keepAlive: answer.keepAlive)
  }

  func replyStreamWritable() {
    guard replyStream?.isWaitingForRoom == true, client?.isWritable == true else { return }
    replyStream?.isWaitingForRoom = false
    reference?.makeRoom()
    notifyStreamOwner(LLMP_EV_WRITABLE)
  }

  /// Tells the plugin that streams its own reply about room or about the client's leaving.
  func notifyStreamOwner(_ reason: UInt32) {
    guard let state = replyStream else { return }
    if let owner = state.owner, let stage = stage(owner) {
      guard let hook = stage.vtable.on_event else { return }
      let outer = openRequest(to: stage.context)
      _ = hook(stage.inst, handle, slots + owner, reason, 0, nil, loop.freshError())
      closeRequest(outer)
    } else if let route = currentRoute, let hook = route.provider.vtable.on_event {
      let outer = openRequest(to: route.provider.context)
      _ = hook(route.provider.inst, handle, &attemptSlot, reason, 0, loop.freshError())
      closeRequest(outer)
    }
  }

  /// Gives up a running attempt, because the answer comes from elsewhere.
  func dropAttempt() {
    pendingConnect?.cancel()
    pendingConnect = nil
    connection?.cancel()
    connection = nil
    pause = nil
  }
}

extension String {
  /// Lends the UTF-8 bytes.
  func withSlice<T>(_ body: (Slice) -> T) -> T {
    var copy = self
    return copy.withUTF8 { body(Slice(UnsafeRawBufferPointer($0))) }
  }
}
