import CLLMProxyPlugin
public import NIOCore
import ProxyCore
import ProxyPluginHost
public import ProxyTransport
public import ProxyWire

/// What the provider's connection reports.
extension Exchange: UpstreamExchange {
  /// See `UpstreamExchange`.
  public func upstreamConnected(_ connection: UpstreamConnection) {
    pendingConnect = nil
    times.connected = Clocks.monotonicNanoseconds()
    guard phase == .connecting, let route = currentRoute else { return connection.cancel() }
    send(on: connection, route)
  }

  /// See `UpstreamExchange`.
  public func upstreamHead(_ head: borrowing ResponseHead, bytes: UnsafeRawBufferPointer) {
    let now = Clocks.monotonicNanoseconds()
    times.upstreamHead = now
    times.lastUpstreamByte = now
    // What the client may not be sent is not looked at: an adapter can ask with GET where the client said HEAD.
    response = ReceivedHead(
      status: head.status, framing: request.method == .head ? .none : head.framing,
      isEventStream: head.isEventStream)
    responseMap.attach(base: arena.copy(bytes).start, fields: head.fields)
    for index in responseMap.fields.indices where responseMap.fields[index].isHopByHop {
      responseMap.markRemoved(index)
    }
    hookClock = now
    guard let route = currentRoute else { return }
    outcome.status = response.status
    outcome.isStreamed = response.isEventStream
    if response.status >= 400 {
      responseMap.add(name: Slice("x-llm-proxy-error-source"), value: Slice("upstream"))
    }
    chooseMode(route)
    phase = .responseHeaders
    runResponseHeaders(below: serving?.stages.count ?? 0)
  }

  /// Asks the adapter what it wants to do with the answer.
  private func chooseMode(_ route: Route) {
    answer.mode = LLMP_MODE_PASS
    let provider = route.provider
    if let hook = provider.vtable.upstream_headers {
      let outer = openRequest(to: provider.context)
      let verdict = hook(
        provider.inst, handle, &attemptSlot, UInt32(response.status), &answer.mode, loop.freshError())
      closeRequest(outer)
      count(provider, .upstreamHeaders, verdict)
    }
    if answer.mode > LLMP_MODE_RAW { answer.mode = LLMP_MODE_PASS }
    guard answer.mode == LLMP_MODE_PASS else { return }
    if response.isEventStream {
      answer.isObservingEvents = provider.vtable.upstream_sse != nil
      if answer.isObservingEvents { answer.splitter = SSESplitter() }
    } else if !provider.observes.isEmpty, response.status < 300, isJSONResponse {
      answer.isScanning = true
      if scanner == nil || scannerOwner !== provider {
        scanner = JSONMemberScanner(wanted: provider.observes)
        scannerOwner = provider
      }
      scanner?.reset()
    }
  }

  private var isJSONResponse: Bool {
    guard let value = responseMap.get(Slice("content-type")) else { return false }
    return MediaType.isJSON(value.bytes)
  }

  /// See `UpstreamExchange`.
  public func upstreamBody(
    _ bytes: ByteBuffer, spans: ContiguousArray<Range<Int>>, isWhole: Bool, ended: Bool
  ) {
    if ended {
      times.upstreamEnd = Clocks.monotonicNanoseconds()
      connection = nil
    } else {
      times.lastUpstreamByte = Clocks.coarseNanoseconds()
    }
    if answer.replacement != nil {
      if ended { receiveReplacement() }
      return
    }
    receive(bytes, spans: spans, isWhole: isWhole, ended: ended)
  }

  /// Takes a piece of the answer's body, wherever it comes from.
  func receive(_ bytes: ByteBuffer, spans: ContiguousArray<Range<Int>>, isWhole: Bool, ended: Bool) {
    if pause != nil {
      if bytes.readableBytes > 0 {
        answer.queue.append(AnswerState.Delivery(bytes: bytes, spans: spans, isWhole: isWhole))
        connection?.setReading(false)
      }
      answer.isQueueEnded = ended
      return
    }
    guard phase == .answering || phase == .holdingAnswer else { return }
    if bytes.readableBytes > 0 { deliver(bytes, spans, isWhole: isWhole, ended: ended) }
    if ended, pause == nil, phase == .answering || phase == .holdingAnswer { finishAnswer() }
  }

  /// See `UpstreamExchange`.
  public func upstreamReadComplete() {
    guard phase == .answering else { return }
    flushAnswer()
  }

  /// See `UpstreamExchange`.
  public func upstreamWritable() {
    if bodyMode == .streaming { client?.setBodyReading(true) }
  }

  /// See `UpstreamExchange`.
  public func upstreamFailed(_ error: UpstreamError) {
    let isStale = connection?.isReused == true && connection?.hasAnswerBytes == false
    let route = currentRoute
    connection = nil
    pendingConnect = nil
    // A pooled connection that the provider closed as we wrote, and all of the request is still here.
    if phase == .awaitingHead, isStale, isBodyComplete, bodyMode != .streaming,
      case .closedBeforeHead = error, !hasRetriedStale, mayRepeat, let route
    {
      hasRetriedStale = true
      loop.figures.staleRetries += 1
      return connectFresh(route)
    }
    outcome.isUpstreamFailed = true
    loop.figures.upstreamFailures += 1
    loop.noteFailure(route: selectedRoute, error.label)
    times.upstreamEnd = Clocks.monotonicNanoseconds()
    loop.state.log.upstreamFailed(
      request: requestID.string, host: providerHost.string, reason: error.label, detail: error.detail)
    switch phase {
    case .connecting, .awaitingHead:
      fault(error.isTimeout ? .upstreamTimeout : .upstreamFailed)
    case .responseHeaders, .holdingAnswer:
      pause = nil
      fault(error.isTimeout ? .upstreamTimeout : .upstreamFailed)
    case .answering:
      breakAnswer(error.isTimeout ? .upstreamTimeout : .upstreamFailed)
    case .free, .requestHeaders, .awaitingBody, .requestBody, .accounting, .preparing, .replyStream, .ended:
      break
    }
  }

  /// Before the answer's first byte `lastUpstreamByte` is the time of the write.
  private var mayRepeat: Bool {
    let now = Clocks.coarseNanoseconds()
    return StaleConnection.mayRepeat(
      request.method, hasIdempotencyKey: upstreamMap.get(Slice("idempotency-key")) != nil,
      waited: now > times.lastUpstreamByte ? now - times.lastUpstreamByte : 0)
  }
}
