import CLLMProxyPlugin
import NIOCore
import ProxyCore
import ProxyPluginHost
import ProxyWire

/// The answer's head: `response_headers` of the stages in reverse order, then framing for the client.
extension Exchange {
  /// Calls `response_headers` of the stages below `limit`, last one first. `hookClock` stands at now.
  func runResponseHeaders(below limit: Int) {
    guard let serving else { return }
    for index in (0..<limit).reversed()
    where serving.facts.responseHeaders & ~detached & bit(index) != 0 {
      let step = serving.withStage(index) { stage -> Step in
        guard let hook = stage.vtable.response_headers else { return .next }
        return settle(call(stage, index, .responseHeaders, hook), stage, .responseHeaders)
      }
      if step == .stop { return }
    }
    beginAnswer()
  }

  /// Every stage has seen the head: decides how the body travels and composes the client's head.
  func beginAnswer() {
    guard let serving else { return }
    let live = ~detached
    let facts = serving.facts
    let isPlain = !response.isEventStream
    answer.keepAlive = request.keepAlive && !answer.mustClose && (isBodyComplete || bodyMode != .streaming)
    if (isPlain && facts.responseBody & live != 0) || answer.mode == LLMP_MODE_BUFFER {
      phase = .holdingAnswer
      return
    }
    phase = .answering
    let wantsEvents = response.isEventStream && facts.responseSSE & live != 0
    answer.isTransformed =
      response.framing != .none
      && (answer.mode != LLMP_MODE_PASS || wantsEvents || facts.responseChunk & live != 0)
    if wantsEvents || answer.mode == LLMP_MODE_SSE, answer.splitter == nil {
      answer.splitter = SSESplitter()
    }
    chooseFraming()
    composeHead()
    if outcome.isStreamed {
      loop.figures.streams += 1
      loop.figures.streamsInFlight += 1
      // A stream may last for hours: it keeps no more memory than it needs.
      upstreamMap.compact()
      responseMap.compact()
      trace.compact()
      members = JSONMembers()
      isJSONIndexed = false
    }
  }

  private func chooseFraming() {
    let isOld = request.minorVersion == 0
    let added: AnswerState.Framing = isOld ? .untilClose : .rechunked
    switch response.framing {
    case .none: answer.framing = .none
    case .length: answer.framing = answer.isTransformed ? added : .length
    case .chunked: answer.framing = answer.isTransformed || isOld ? added : .chunked
    case .untilClose: answer.framing = added
    }
    if answer.framing == .untilClose { answer.keepAlive = false }
  }

  private func composeHead() {
    let length: LoopContext.AnswerLength
    switch answer.framing {
    // Empty, or the provider was asked with HEAD: what it says about a length is not about our answer.
    case .none where mayHaveBody && answer.keptLength == nil: length = .counted(0)
    case .none, .length: length = answer.keptLength.map { .counted($0) } ?? .asReceived
    case .chunked, .rechunked: length = .chunked
    case .untilClose: length = .untilClose
    }
    if answer.framing != .length, answer.framing != .none || mayHaveBody {
      responseMap.removeReceived(Slice("content-length"))
    }
    writeHead(length)
  }

  /// Whether the client expects a body behind the head, if only an empty one (RFC 9112 6.3).
  var mayHaveBody: Bool {
    request.method != .head && outcome.status != 204 && outcome.status != 304
  }

  /// Composes the head; it is written with the first bytes of the body, or when the read is done.
  func writeHead(_ length: LoopContext.AnswerLength) {
    answer.pendingHead = loop.composeResponseHead(
      status: outcome.status, responseMap, length: length, keepAlive: answer.keepAlive,
      minorVersion: request.minorVersion, room: expectedBytes)
    answer.isHeadSent = true
  }

  /// Bytes of body that will be written right behind the head, if few.
  private var expectedBytes: Int {
    if let reply { return reply.body.readableBytes <= Self.joinLimit ? reply.body.readableBytes : 0 }
    if case .length(let length) = response.framing, length <= UInt64(Self.joinLimit) { return Int(length) }
    return 512
  }

  /// A body up to this size is copied behind its head: one system call costs more than the copy.
  private static let joinLimit = 8192

  // MARK: body

  /// Payload of the answer arrived.
  func deliver(
    _ bytes: ByteBuffer, _ spans: ContiguousArray<Range<Int>>, isWhole: Bool, ended: Bool
  ) {
    if response.framing == .none { return }
    if phase == .holdingAnswer { return holdAnswer(bytes, spans) }
    if answer.isTransformed {
      return transform(bytes, spans)
    }
    observe(bytes, spans)
    tap(bytes, spans)
    guard phase == .answering else { return }
    let payload = spans.reduce(0) { $0 + $1.count }
    outcome.responseBytes &+= UInt64(payload)
    switch answer.framing {
    case .none: break
    case .length: emit(bytes)
    case .chunked:
      if isWhole { emit(bytes) } else { reframe(bytes, spans, ended: ended) }
    case .rechunked, .untilClose: reframe(bytes, spans, ended: ended)
    }
  }

  private func reframe(_ bytes: ByteBuffer, _ spans: ContiguousArray<Range<Int>>, ended: Bool) {
    for span in spans where !span.isEmpty {
      guard let piece = bytes.getSlice(at: bytes.readerIndex + span.lowerBound, length: span.count)
      else { continue }
      emit(answer.framing == .untilClose ? piece : loop.chunk(piece))
    }
    if ended, answer.framing == .chunked { emit(loop.lastChunk) }
  }

  /// Sends bytes to the client, the head before them.
  func emit(_ bytes: ByteBuffer) {
    guard let client else { return }
    if var head = answer.pendingHead {
      answer.pendingHead = nil
      if bytes.readableBytes <= Self.joinLimit {
        var bytes = bytes
        head.writeBuffer(&bytes)
        client.write(head, isOwn: true)
      } else {
        client.write(head, isOwn: true)
        client.write(bytes)
      }
    } else {
      client.write(bytes)
    }
    noteFirstByte()
    if let connection, !client.isWritable { connection.setReading(false) }
  }

  private func noteFirstByte() {
    guard times.firstByte == 0 else { return }
    // When the answer came in one piece, its end was noted a moment ago.
    times.firstByte = times.upstreamEnd != 0 ? times.upstreamEnd : Clocks.monotonicNanoseconds()
  }

  /// Lets the adapter read what passes: events of a stream, members of a JSON document.
  private func observe(_ bytes: ByteBuffer, _ spans: ContiguousArray<Range<Int>>) {
    if answer.isObservingEvents {
      observeEvents(bytes, spans)
    } else if answer.isScanning {
      bytes.withUnsafeReadableBytes { raw in
        for span in spans { scanner?.feed(UnsafeRawBufferPointer(rebasing: raw[span])) }
      }
    }
  }

  /// The read is done: what was produced or composed and not sent goes now.
  func flushAnswer() {
    if let produced = answer.produced, produced.readableBytes > 0 {
      answer.produced = nil
      outcome.responseBytes &+= UInt64(produced.readableBytes)
      emit(answer.framing == .untilClose ? produced : loop.chunk(produced))
    }
    if let head = answer.pendingHead {
      answer.pendingHead = nil
      client?.write(head, isOwn: true)
      noteFirstByte()
    }
    client?.flush()
  }

  /// The client's send buffer has room again.
  public func clientWritable() {
    times.lastClientByte = Clocks.coarseNanoseconds()
    if phase == .answering, pause == nil { connection?.setReading(true) }
    if phase == .replyStream { replyStreamWritable() }
  }

  /// The last byte of the answer is here.
  func finishAnswer() {
    if phase == .holdingAnswer { return finishHeldAnswer() }
    endTransforms()
    if pause != nil { return }
    flushAnswer()
    if answer.framing == .rechunked { emit(loop.lastChunk) }
    endProvider(LLMP_OK)
    end(keepAlive: answer.keepAlive)
  }

  /// The answer broke in the middle. A stream says so in its own language; then the connection closes.
  func breakAnswer(_ fault: GatewayFault) {
    if answer.pendingHead != nil, answer.produced == nil {
      // Nothing has left yet: the client can still get a whole answer that says so.
      answer.pendingHead = nil
      answer.isHeadSent = false
      if outcome.isStreamed { loop.figures.streamsInFlight -= 1 }
      outcome.isStreamed = false
      return self.fault(fault)
    }
    answer.keepAlive = false
    if outcome.isStreamed, answer.framing != .none, answer.framing != .length {
      flushAnswer()
      let event = FaultText.event(fault)
      emit(answer.framing == .untilClose ? event : loop.chunk(event))
      if answer.framing != .untilClose { emit(loop.lastChunk) }
    }
    endProvider(LLMP_E_IO)
    end(keepAlive: false)
  }
}
