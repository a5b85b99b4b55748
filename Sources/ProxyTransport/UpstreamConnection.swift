public import NIOCore
import NIOTLS
import ProxyCore
public import ProxyWire

/// One connection to a provider: frames answers strictly and hands them to the exchange it serves.
///
/// Loop-confined. Between exchanges it belongs to the pool; any byte that arrives then, or after the
/// end of an answer, closes it, so a connection is never reused in a state two parsers could differ on.
public final class UpstreamConnection: ChannelInboundHandler {
  /// What NIO passes here.
  public typealias InboundIn = ByteBuffer
  /// What NIO passes here.
  public typealias OutboundOut = ByteBuffer

  enum Phase {
    case handshake(PendingConnect)
    case idle
    case head
    case body(remaining: UInt64)
    case chunked
    case untilClose
    case closed
  }

  /// Where the connection leads.
  public let target: UpstreamTarget
  /// True when an earlier exchange was served: such a connection may be stale.
  public private(set) var isReused = false
  /// True as soon as one byte of the current answer has come.
  public private(set) var hasAnswerBytes = false

  var idleSince: UInt64 = 0
  var countsAsOpen = false
  var phase = Phase.idle
  var exchange: (any UpstreamExchange)?
  var scanner: HeadScanner
  var head = ResponseHead()
  var partialHead: ByteBuffer?
  var decoder = ChunkedDecoder()
  var spans: ContiguousArray<Range<Int>> = []
  var requestMethod = Method.get
  private let pool: UpstreamPool
  private var context: ChannelHandlerContext?
  private var isRequestSent = true
  private var isReading = true
  private var lastError: (any Error)?
  private var isHandshakeDone = false
  private let outbox: Outbox

  init(target: UpstreamTarget, pool: UpstreamPool) {
    self.target = target
    self.pool = pool
    outbox = Outbox(pool.flushes)
    scanner = HeadScanner(limits: MessageLimits())
  }

  var isUsable: Bool {
    // `channelInactive` leaves no connection idle, so the channel itself need not be asked.
    guard case .idle = phase else { return false }
    return context != nil
  }

  // MARK: for the exchange

  /// Begins an exchange: the next bytes received are the answer to a request with this method.
  public func begin(_ exchange: any UpstreamExchange, method: Method) {
    self.exchange = exchange
    requestMethod = method
    phase = .head
    hasAnswerBytes = false
    isRequestSent = false
    scanner.reset()
  }

  /// Sends a piece of the request. `isLast` ends it; `isOwn` as in `Outbox.write`.
  public func send(_ bytes: ByteBuffer, isLast: Bool, isOwn: Bool = false) {
    if isLast { isRequestSent = true }
    guard bytes.readableBytes > 0 else { return }
    outbox.write(bytes, isOwn: isOwn)
    outbox.flush()
  }

  /// Whether the send buffer has room.
  public var isWritable: Bool { context?.channel.isWritable ?? false }

  /// Backpressure: stops or goes on reading the answer.
  public func setReading(_ reading: Bool) {
    guard reading != isReading else { return }
    isReading = reading
    context?.setAutoRead(reading)
  }

  /// The exchange is no longer interested: the provider is told by closing.
  public func cancel() {
    exchange = nil
    close()
  }

  /// Closes the connection.
  func close() {
    phase = .closed
    outbox.close()
    context?.close(promise: nil)
  }

  /// TCP is connected; the exchange hears of it when the peer has proved who it is.
  func awaitHandshake(_ pending: PendingConnect) {
    if isHandshakeDone { return pool.ready(self, pending) }
    guard let context else { return failHandshake(pending, .closedBeforeHead) }
    phase = .handshake(pending)
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    context.eventLoop.scheduleTask(in: .nanoseconds(Int64(clamping: target.handshakeTimeout))) {
      guard case .handshake(let pending) = bound.value.phase else { return }
      bound.value.failHandshake(pending, .connectTimeout)
    }
  }

  private func failHandshake(_ pending: PendingConnect, _ error: UpstreamError) {
    close()
    pending.takeExchange()?.upstreamFailed(error)
  }

  // MARK: channel events

  /// See `ChannelHandler`.
  public func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case TLSUserEvent.handshakeCompleted = event {
      isHandshakeDone = true
      if case .handshake(let pending) = phase {
        phase = .idle
        pool.ready(self, pending)
      }
    }
    context.fireUserInboundEventTriggered(event)
  }

  /// See `ChannelHandler`.
  public func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    outbox.open(context)
  }

  /// See `ChannelHandler`.
  public func channelActive(context: ChannelHandlerContext) {
    if !target.isTLS { outbox.openSocket() }
    context.fireChannelActive()
  }

  /// See `ChannelHandler`.
  public func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    outbox.close()
  }

  /// See `ChannelHandler`.
  public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let bytes = unwrapInboundIn(data)
    guard exchange != nil else { return close() }
    hasAnswerBytes = true
    receive(bytes)
  }

  /// See `ChannelHandler`.
  public func channelReadComplete(context: ChannelHandlerContext) {
    exchange?.upstreamReadComplete()
  }

  /// See `ChannelHandler`.
  public func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable { exchange?.upstreamWritable() }
  }

  /// See `ChannelHandler`.
  public func errorCaught(context: ChannelHandlerContext, error: any Error) {
    lastError = error
    context.close(promise: nil)
  }

  /// See `ChannelHandler`.
  public func channelInactive(context: ChannelHandlerContext) {
    let was = phase
    phase = .closed
    outbox.close()
    if countsAsOpen { pool.forget(self) }
    if case .handshake(let pending) = was {
      let reason = lastError.map { UpstreamError.connect(String(describing: $0)) } ?? .closedBeforeHead
      return failHandshake(pending, reason)
    }
    guard let exchange else { return }
    self.exchange = nil
    switch was {
    case .untilClose where lastError == nil:
      exchange.upstreamBody(ByteBuffer(), spans: [], isWhole: false, ended: true)
      exchange.upstreamReadComplete()
    case .head where !hasAnswerBytes:
      if let lastError, !isReused {
        exchange.upstreamFailed(.connect(String(describing: lastError)))
      } else {
        exchange.upstreamFailed(.closedBeforeHead)
      }
    default:
      exchange.upstreamFailed(.truncated)
    }
  }

  // MARK: ends of an answer

  /// Ends the exchange's answer with its last bytes. The connection goes back to the pool first, so
  /// that a pipelined request finds it.
  func finish(_ bytes: ByteBuffer, spans: ContiguousArray<Range<Int>>, isWhole: Bool, leftover: Int) {
    guard let exchange else { return }
    self.exchange = nil
    isReused = true
    setReading(true)
    if head.keepAlive, leftover == 0, isRequestSent {
      phase = .idle
      pool.release(self)
    } else {
      close()
    }
    exchange.upstreamBody(bytes, spans: spans, isWhole: isWhole, ended: true)
    exchange.upstreamReadComplete()
  }

  func fail(_ error: UpstreamError) {
    let exchange = exchange
    self.exchange = nil
    close()
    exchange?.upstreamFailed(error)
  }
}
