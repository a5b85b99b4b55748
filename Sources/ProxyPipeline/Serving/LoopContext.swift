import CLLMProxyPlugin
public import NIOCore
import ProxyCore
public import ProxyTransport
import ProxyWire
import Synchronization

/// What the exchanges of one event loop share. Loop-confined.
public final class LoopContext {
  /// The loop.
  public let eventLoop: any EventLoop
  /// Position among the process's loops; the shard of every per-loop counter.
  public let shard: Int
  /// Upstream connections.
  public let pool: UpstreamPool
  /// What has been counted since start.
  public var figures = LoopFigures()
  /// What new exchanges run through.
  public private(set) var serving: ServingGeneration
  /// Tokens and projects.
  public let state: PipelineState
  let allocator = ByteBufferAllocator()
  var ids = RequestIDGenerator()
  var admission: Admission
  /// The last failure of each API's provider.
  public private(set) var failures: [Int: RouteFailure] = [:]
  /// Lent to one hook at a time for its error text.
  let errorMemory: UnsafeMutablePointer<llmp_err_t>
  private var free: [Exchange] = []
  private(set) var active: [Exchange] = []
  private var ticking: RepeatedTask?
  private var dateSecond: UInt64 = 0
  private var dateText: [UInt8] = []

  /// Exchanges kept for reuse; more than this are given back to the allocator.
  private static let freeLimit = 256
  private static let tickInterval = TimeAmount.milliseconds(100)

  /// Creates the context of one loop of `loops`; call on that loop.
  public init(
    eventLoop: any EventLoop, shard: Int, serving: ServingGeneration, state: PipelineState, loops: Int = 1
  ) {
    admission = Admission(loops: loops)
    self.eventLoop = eventLoop
    self.shard = shard
    self.serving = serving
    self.state = state
    pool = UpstreamPool(eventLoop: eventLoop)
    errorMemory = .allocate(capacity: 1)
    errorMemory.initialize(to: llmp_err_t())
  }

  deinit {
    errorMemory.deallocate()
  }

  /// New exchanges run through `serving` from now on; those under way keep theirs.
  public func serve(_ serving: ServingGeneration) {
    eventLoop.preconditionInEventLoop()
    self.serving = serving
  }

  func noteFailure(route: Int, _ reason: String) {
    failures[route] = RouteFailure(unixMilliseconds: Clocks.unixMilliseconds(), reason: reason)
  }

  /// Counts bytes of a request's body that are held; false when the process holds more than it may. They count
  /// until `releaseBody`, also after false.
  public func holdBody(_ count: Int) -> Bool {
    state.heldBytes.add(count, ordering: .relaxed).newValue <= serving.limits.heldBodyBytes
  }

  /// Gives back what `holdBody` has counted.
  public func releaseBody(_ count: Int) {
    if count > 0 { state.heldBytes.subtract(count, ordering: .relaxed) }
  }

  /// Exchanges under way.
  public var activeCount: Int { active.count }

  /// An exchange ready to begin.
  public func checkOut() -> Exchange {
    let exchange = free.popLast() ?? Exchange(loop: self)
    exchange.position = active.count
    active.append(exchange)
    if ticking == nil { startTicking() }
    return exchange
  }

  /// Takes back an exchange that is over.
  func checkIn(_ exchange: Exchange) {
    let last = active.removeLast()
    if last !== exchange {
      last.position = exchange.position
      active[exchange.position] = last
    }
    if free.count < Self.freeLimit { free.append(exchange) }
  }

  // One coarse timer for all deadlines of the loop: scheduling a task for each exchange would cost more
  // than the stages do.
  private func startTicking() {
    ticking = eventLoop.scheduleRepeatedTask(
      initialDelay: Self.tickInterval, delay: Self.tickInterval
    ) { [bound = NIOLoopBound(self, eventLoop: eventLoop)] _ in
      bound.value.tick()
    }
  }

  private func tick() {
    let now = Clocks.monotonicNanoseconds()
    pool.expire(now: now)
    // Backwards: a timeout may end the exchange and so move the last one to its place.
    var index = active.count - 1
    while index >= 0 {
      if index < active.count { active[index].tick(now) }
      index -= 1
    }
    if active.isEmpty, pool.statistics.open == 0 {
      ticking?.cancel()
      ticking = nil
    }
  }

  /// Ends what is still under way, which can only be the gateway's own; stops the loop's timer and closes its idle
  /// upstream connections.
  public func shutDown() {
    abandonAll()
    ticking?.cancel()
    ticking = nil
    pool.close()
  }

  /// Ends every exchange under way as if its client had left.
  public func abandonAll() {
    for exchange in active { exchange.clientGone() }
  }

  /// The value of a `Date` field now; made once a second.
  func date(_ unixNanoseconds: UInt64) -> [UInt8] {
    let second = unixNanoseconds / 1_000_000_000
    if second != dateSecond {
      dateSecond = second
      dateText = HTTPDate.text(unixSeconds: second)
    }
    return dateText
  }

  /// An empty error for the next hook.
  func freshError() -> UnsafeMutablePointer<llmp_err_t> {
    errorMemory.pointee.struct_size = UInt32(MemoryLayout<llmp_err_t>.size)
    errorMemory.pointee.code = LLMP_OK
    errorMemory.pointee.message.0 = 0
    return errorMemory
  }

  /// What the hook wrote into the error, for logs.
  var errorText: String {
    withUnsafeBytes(of: errorMemory.pointee.message) { raw in
      String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}
