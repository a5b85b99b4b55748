import CLLMProxyPlugin
import NIOCore
import ProxyCore
import ProxyPluginHost
import ProxyStore
import ProxyTransport

/// From the last request hook to the request on its way: admission, the adapter, a connection.
extension Exchange {
  /// Every request hook has agreed. The bound token pays one request before anything leaves.
  func admit() {
    guard route != nil else { return fault(.notForwarded) }
    guard policies.members.isSubset(of: appliedPolicies) else { return fault(.policyNotApplied) }
    phase = .accounting
    // Before the count, which cannot be given back.
    if reserveBudget() == .stop { return }
    guard let token else { return prepareAttempt() }
    let now = Clocks.unixMilliseconds()
    var outcome = token.take(nowMilliseconds: now, ready: nil)
    if outcome == .pending {
      // Only now is a way back needed: the usual request allocates none.
      let reference = awaitStore()
      outcome = token.take(nowMilliseconds: now) { reference.run { $0.storeAnswered() } }
    }
    switch outcome {
    case .taken: prepareAttempt()
    case .usedUp: fault(.usedUp)
    case .pending: break
    case .unavailable: fault(.storeUnavailable)
    }
  }

  /// The way back from the store, for a request that has to wait for it.
  func awaitStore() -> ExchangeRef {
    if times.accounting == 0 { times.accounting = Clocks.monotonicNanoseconds() }
    return makeReference()
  }

  /// Asks again. An answer may come more than once, and after it has been given up.
  func storeAnswered() {
    if phase == .accounting { admit() }
  }

  /// Asks the adapter for the upstream's request.
  func prepareAttempt() {
    guard let route = currentRoute else { return fault(.notForwarded) }
    phase = .preparing
    attempts += 1
    isAttemptOpen = true
    attemptSlot = nil
    startHookClock()
    times.attempt = hookClock
    upstreamMethod = method
    upstreamPath = upstreamTarget(route)
    if !route.provider.observes.isEmpty {
      // Usage is read from the answer as it passes, so it must come readable.
      upstreamMap.remove(Slice("accept-encoding"))
    }
    continuePreparing(after: callProvider(route, .prepare, route.provider.vtable.prepare), .prepare)
  }

  func continuePreparing(after verdict: llmp_verdict_t, _ hook: Pause.Hook) {
    guard let route = currentRoute else { return fault(.notForwarded) }
    switch verdict {
    case LLMP_CONTINUE, LLMP_DETACH:
      if hook == .prepare, let sign = route.provider.vtable.sign {
        return continuePreparing(after: callProvider(route, .sign, sign), .sign)
      }
      connect(route)
    case LLMP_RESPOND where reply != nil || replyStream != nil:
      // The adapter is the provider: its answer is no refusal of ours, unless it says so with an error.
      isProviderReply = reply?.isError != true
      outcome.isRequestSent = isProviderReply
      sendReply()
    case LLMP_PAUSE where route.provider.vtable.on_event != nil:
      let deadline = Clocks.monotonicNanoseconds() &+ route.provider.timeoutNanoseconds
      pause = Pause(owner: .provider, hook: hook, deadline: deadline)
    default:
      providerFailed(route, hook, verdict)
    }
  }

  func providerFailed(_ route: Route, _ hook: Pause.Hook, _ verdict: llmp_verdict_t) {
    outcome.isStageFailed = true
    loop.figures.stageFailures += 1
    reply = nil
    replyStream = nil
    loop.state.log.stageFailed(
      stage: route.provider.name, hook: "\(hook)", verdict: verdict, text: loop.errorText,
      request: requestID.string)
    fault(.stageFailed)
  }

  private typealias AttemptHook =
    @convention(c) (
      UnsafeMutableRawPointer?, UnsafeMutablePointer<llmp_req_t>?,
      UnsafeMutablePointer<UnsafeMutableRawPointer?>?, UnsafePointer<llmp_attempt_t>?,
      UnsafeMutablePointer<llmp_err_t>?
    ) -> llmp_verdict_t

  private func callProvider(
    _ route: Route, _ kind: ProviderInstance.Hook, _ hook: AttemptHook?
  ) -> llmp_verdict_t {
    guard let hook else { return LLMP_CONTINUE }
    return withProviderKey(route) { key in
      var attempt = llmp_attempt_t()
      attempt.struct_size = UInt32(MemoryLayout<llmp_attempt_t>.size)
      attempt.number = attempts - 1
      attempt.endpoint = route.name.slice
      attempt.base_url = route.baseURL.slice
      attempt.model = (servedModel ?? Slice()).text
      attempt.api_key = Slice(key).text
      attempt.deadline_ns = route.totalTimeout == 0 ? 0 : times.attempt &+ route.totalTimeout
      let outer = openRequest(to: route.provider.context)
      let verdict = withUnsafePointer(to: attempt) {
        hook(route.provider.inst, handle, &attemptSlot, $0, loop.freshError())
      }
      closeRequest(outer)
      count(route.provider, kind, verdict)
      return verdict
    }
  }

  /// The key of the project that pays, else the one configured for the API. Lent during the call only.
  private func withProviderKey<T>(_ route: Route, _ body: (UnsafeRawBufferPointer) -> T) -> T {
    if let key = paying?.providerKey, !key.isEmpty { return key.withUnsafeBytes(body) }
    if let key = route.apiKey { return key.withUnsafeBytes(body) }
    return body(UnsafeRawBufferPointer(start: nil, count: 0))
  }

  private var paying: Project? {
    if let token { return token.project }
    guard let id = metadata.text(LLMP_META_PROJECT_ID) else { return nil }
    return loop.state.directory.project(id: id.string)
  }

  /// Base path of the API, then the client's path and query.
  private func upstreamTarget(_ route: Route) -> Slice {
    let (path, query) = (path, query)
    if route.basePath.isEmpty, query.isEmpty { return path }
    let size = route.basePath.count + path.count + query.count + 1
    let start = arena.allocate(size)
    var cursor = route.basePath.withUnsafeBytes { writeSlice(Slice($0), to: start) }
    cursor = writeSlice(path, to: cursor)
    if !query.isEmpty {
      cursor[0] = UInt8(ascii: "?")
      cursor = writeSlice(query, to: cursor + 1)
    }
    return Slice(start: start, count: cursor - start)
  }

  // MARK: connection

  private func connect(_ route: Route) {
    providerHost = Slice(route.authority.slice)
    if let idle = loop.pool.take(route.target) { return send(on: idle, route) }
    connectFresh(route)
  }

  func connectFresh(_ route: Route) {
    phase = .connecting
    times.connecting = Clocks.monotonicNanoseconds()
    pendingConnect = loop.pool.connect(route.target, for: self)
  }

  func send(on connection: UpstreamConnection, _ route: Route) {
    self.connection = connection
    phase = .awaitingHead
    outcome.isRequestSent = true
    times.lastUpstreamByte = Clocks.coarseNanoseconds()
    // Only HEAD makes a difference to where an answer ends, and an adapter may have chosen another method than
    // the client.
    connection.begin(self, method: upstreamMethod.equals(Slice("HEAD")) ? .head : .get)
    let isStreamed = !isBodyComplete && body == nil
    let held = isStreamed ? 0 : (body?.readableBytes ?? 0)
    var bytes = loop.composeRequestHead(self, route, isStreamed: isStreamed, heldBytes: held)
    if isStreamed {
      connection.send(bytes, isLast: false, isOwn: true)
      bodyMode = .streaming
      client?.sendContinue()
      client?.wantBody()
    } else if held > 0, held <= 16_384, var body {
      // One system call for head and body; the copy costs less than a second vector.
      bytes.writeBuffer(&body)
      connection.send(bytes, isLast: true, isOwn: true)
    } else {
      connection.send(bytes, isLast: held == 0, isOwn: true)
      if held > 0, let body { connection.send(body, isLast: true) }
    }
  }

  // MARK: streamed upload

  func upload(_ bytes: ByteBuffer) {
    guard let connection, bytes.readableBytes > 0 else { return }
    if request.framing == .chunked {
      connection.send(loop.chunk(bytes), isLast: false)
    } else {
      connection.send(bytes, isLast: false)
    }
    if !connection.isWritable {
      times.lastUpstreamByte = Clocks.coarseNanoseconds()
      client?.setBodyReading(false)
    }
  }

  func endUpload() {
    guard let connection else { return }
    times.lastUpstreamByte = Clocks.coarseNanoseconds()
    connection.send(request.framing == .chunked ? loop.lastChunk : ByteBuffer(), isLast: true)
  }
}
