import CLLMProxyPlugin
import NIOCore
import ProxyCore
import ProxyPluginHost
import ProxyStore
import ProxyTransport
public import ProxyWire

/// One request of a client and its answer, on its way through one generation. Loop-confined.
///
/// Objects are reused: `begin` starts an exchange, the last step of `end` gives the object back. Steps are
/// in extensions by topic; each is synchronous unless a stage pauses or bytes are awaited.
public final class Exchange {
  enum Phase: UInt8 {
    case free, requestHeaders, awaitingBody, requestBody, accounting, preparing, connecting
    case awaitingHead, responseHeaders, answering, holdingAnswer, replyStream, ended
  }

  /// What happens to body bytes from the client.
  enum BodyMode: UInt8 {
    /// Not decided: the connection keeps them.
    case undecided
    /// Kept here until whole.
    case holding
    /// Passed on as they come.
    case streaming
    /// Thrown away: the answer is decided.
    case discarding
  }

  // For the life of the object.
  let loop: LoopContext
  let handle: UnsafeMutablePointer<llmp_req_t>
  var slots: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  var slotCapacity = 8
  var position = 0
  var arena = Arena()

  // The exchange.
  var phase = Phase.free
  var serving: ServingGeneration?
  var client: (any ExchangeClient)?
  var peer = Slice()
  var isTLS = false
  var request = RequestHead()
  var requestBase: UnsafePointer<UInt8>?
  var requestMap = HeaderMap()
  var upstreamMap = HeaderMap()
  var responseMap = HeaderMap()
  var metadata = Metadata()
  var requestID = Slice()
  var isOwnRequestID = true

  // The chain.
  var ran: UInt64 = 0
  var detached: UInt64 = 0
  /// Stages whose `when:` does not match.
  var excluded: UInt64 = 0
  /// The instance whose hook or completion runs: only then may plugins touch the request. Not counted, because
  /// the generation that this exchange pins keeps its instances.
  var openCaller: Unmanaged<InstanceContext>?
  /// Monotonic nanoseconds at the end of the last hook, or at the beginning of the step that calls hooks: one
  /// look at the clock between two hooks ends the first and begins the second.
  var hookClock: UInt64 = 0
  var pause: Pause?
  var deniedBy: StageInstance?
  /// Concurrency units and estimates taken from `llmp.limits/1`, given back at the end.
  var leases: ContiguousArray<UInt64> = []
  /// What is set aside of the budgets for this exchange.
  var reservation: BudgetReservation?
  var reference: ExchangeRef?

  // Bodies.
  var bodyMode = BodyMode.undecided
  var body: ByteBuffer? {
    didSet { bodyBytes = body.map { $0.withUnsafeReadableBytes { Slice($0) } } ?? Slice() }
  }
  /// Where its bytes lie; asking the buffer would count references each time. They stay there until the body is
  /// replaced or the exchange ends: the buffer is not written to once it is whole.
  private(set) var bodyBytes = Slice()
  /// Bytes of the body that count towards `limits.held_body_bytes`.
  var heldBytes = 0
  var isBodyComplete = false
  var isBodyReplaced = false
  var isJSONIndexed = false
  /// The model of a body that stages have changed.
  var changedModel: Slice?
  var isJSONValid = false
  var members = JSONMembers()

  // The attempt.
  var route: Int? {
    didSet { chooseRoute() }
  }
  /// The API in force: what a stage chose, else the configured default.
  private(set) var currentRoute: Route?
  var token: AccessToken?
  var peeked: AccessToken?
  /// Its ids, when a plugin was told them.
  var peekedID = Slice()
  var peekedProject = Slice()
  var isStoreDown = false
  /// What the token looked at last, or the project that pays, is under.
  var policies = PolicyChain()
  /// The members of them that stages have seen to.
  var appliedPolicies: PolicyMembers = []
  var connection: UpstreamConnection?
  var pendingConnect: PendingConnect?
  var attemptSlot: UnsafeMutableRawPointer?
  var isAttemptOpen = false
  var attempts: UInt32 = 0
  var hasRetriedStale = false
  var providerHost = Slice()
  var upstreamPath = Slice()
  var upstreamMethod = Slice()

  // The answer.
  var reply: Reply?
  /// True when the adapter answers itself instead of asking somebody.
  var isProviderReply = false
  var response = ReceivedHead()
  var answer = AnswerState()
  var scanner: JSONMemberScanner?
  var scannerOwner: ProviderInstance?
  var replyStream: ReplyStreamState?
  var usage = Exchange.unknownUsage
  var times = ExchangeTimes()
  var trace = TraceBuffer()
  /// The sentence of a refusal; lies in the arena.
  var refusalMessage = Slice()
  var outcome = ExchangeOutcome()

  init(loop: LoopContext) {
    self.loop = loop
    handle = .allocate(capacity: 1)
    slots = .allocate(capacity: slotCapacity)
    slots.initialize(repeating: nil, count: slotCapacity)
    handle.initialize(to: llmp_req_t(opaque_: nil))
    handle.pointee.opaque_ = Unmanaged.passUnretained(self).toOpaque()
  }

  deinit {
    handle.deallocate()
    slots.deallocate()
  }

  /// Starts an exchange with a parsed head. May end it before returning.
  ///
  /// - Parameters:
  ///   - head: swapped with the storage of an earlier exchange, so that neither side allocates.
  ///   - bytes: the head's bytes; copied.
  ///   - startedAt: monotonic nanoseconds at the head's first byte.
  public func begin(
    head: inout RequestHead, bytes: UnsafeRawBufferPointer, client: any ExchangeClient,
    peer: PeerAddress, startedAt: UInt64
  ) {
    prepare(head: &head, bytes: bytes, client: client, peer: peer, startedAt: startedAt)
    phase = .requestHeaders
    runRequestHeaders(from: 0)
  }

  /// Everything of `begin` that comes before the first stage.
  func prepare(
    head: inout RequestHead, bytes: UnsafeRawBufferPointer, client: any ExchangeClient,
    peer: PeerAddress, startedAt: UInt64
  ) {
    swap(&head, &request)
    self.client = client
    self.peer = Slice(peer.text)
    isTLS = peer.isTLS
    let serving = loop.serving
    self.serving = serving
    // The loop's own pin is held as long as the loop serves this generation, so this cannot fail.
    _ = serving.generation.pin()
    times.begin(startedAt)
    requestBase = arena.copy(bytes).start
    prepareSlots(serving.stages.count)
    requestMap.attach(base: requestBase, fields: request.fields)
    prepareUpstreamMap()
    chooseRequestID()
    isBodyComplete = request.framing == .none
    route = nil
    hookClock = times.started
  }

  /// Whether body bytes should be delivered now; otherwise the connection keeps them.
  public var acceptsBody: Bool { bodyMode != .undecided }

  private func prepareSlots(_ count: Int) {
    if count > slotCapacity {
      slots.deallocate()
      slots = .allocate(capacity: count)
      slotCapacity = count
      slots.initialize(repeating: nil, count: count)
    } else {
      slots.update(repeating: nil, count: count)
    }
  }

  /// The upstream's request starts as the client's, without what ends here: connection fields, framing,
  /// the client's credentials.
  private func prepareUpstreamMap() {
    upstreamMap.attach(base: requestBase, fields: request.fields)
    for index in request.fields.indices {
      let field = request.fields[index]
      if field.isHopByHop || field.known.endsHere { upstreamMap.markRemoved(index) }
    }
  }

  private func chooseRequestID() {
    if let sent = requestMap.get(Slice("x-request-id")), Self.isSaneID(sent) {
      requestID = sent
      isOwnRequestID = false
      return
    }
    let text = arena.allocate(RequestIDGenerator.length)
    loop.ids.write(to: text)
    requestID = Slice(start: text, count: RequestIDGenerator.length)
    isOwnRequestID = true
  }

  /// 1…128 visible characters without quotes or backslashes: fit for logs and headers of anyone.
  private static func isSaneID(_ id: Slice) -> Bool {
    guard id.count > 0, id.count <= 128 else { return false }
    return id.bytes.allSatisfy { $0 > 32 && $0 < 127 && $0 != 34 && $0 != 92 }
  }

  // MARK: facts of the request

  func slice(_ range: Range<Int>) -> Slice {
    guard let requestBase, !range.isEmpty else { return Slice() }
    return Slice(start: requestBase + range.lowerBound, count: range.count)
  }

  var path: Slice { slice(request.pathRange) }
  var query: Slice { slice(request.queryRange) }
  var method: Slice { Slice(request.method.name) }

  /// The route in force: what a stage chose, else the configured default.
  var selectedRoute: Int { route ?? serving?.defaultRoute ?? 0 }

  private func chooseRoute() {
    guard let serving, selectedRoute < serving.routes.count else { return currentRoute = nil }
    currentRoute = serving.routes[selectedRoute]
  }

  /// The instance whose hook runs.
  var caller: InstanceContext? { openCaller?.takeUnretainedValue() }

  var isInHook: Bool { openCaller != nil }

  func stage(_ index: Int) -> StageInstance? {
    guard let serving, index < serving.stages.count else { return nil }
    return serving.stages[index]
  }
}

extension KnownField {
  /// Fields of a client's request that mean this gateway and never reach a provider.
  var endsHere: Bool {
    switch self {
    case .host, .contentLength, .expect, .authorization, .apiKey, .xAPIKey: true
    default: false
    }
  }
}
