import NIOCore
import ProxyCore
import ProxyPipeline
import ProxyTransport
import ProxyWire

/// One client's connection: finds requests in what arrives and gives each to an exchange or to the control plane.
///
/// Loop-confined. Requests of one connection are served one after the other; what a client pipelines waits, up
/// to a bound beyond which reading stops. Reading goes on while an exchange runs, so that a client that leaves
/// is noticed at once and its provider told. A client that does not take its answers is asked for no more
/// requests: their answers would pile up here.
final class ClientConnection: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  enum Phase {
    /// Between requests, or within a head.
    case head
    /// An exchange runs; its body, if any, is being received.
    case exchange
    /// The control plane answers.
    case control
    /// The answer is out; a small rest of the body is thrown away before the next request.
    case draining
    /// The answer is out; the rest of what the client sends is thrown away before closing.
    case lingering
    case closed
  }

  /// Bytes kept for later while nobody wants them.
  static let pendingLimit = 65_536
  /// Bytes thrown away after an early answer before the connection is cut.
  static let lingerLimit = 1 << 20

  let listener: LoopListener
  var context: ChannelHandlerContext?
  var phase = Phase.head
  var pending: ByteBuffer?
  var scanner: HeadScanner
  var head = RequestHead()
  var body = RequestBody()
  var exchange: Exchange?
  var control: ControlExchange?
  var peerText: [UInt8] = []
  var isTLS = false
  /// Monotonic nanoseconds of the first byte of the head being received; 0 between requests.
  var headStarted: UInt64 = 0
  /// When the connection last became idle, or received or sent something.
  var lastActivity: UInt64 = 0
  var isProcessing = false
  var isReading = true
  /// False while the exchange has no room for more of an upload.
  var isBodyReading = true
  let outbox: Outbox
  /// What the channel last said; asking it would cost more at each piece of an answer.
  private(set) var isWritable = true
  /// Bytes that waited for the client when a deadline was last looked at.
  var untakenBytes = 0
  var lingered = 0
  var position = 0
  var owesContinue = false

  init(_ listener: LoopListener) {
    self.listener = listener
    outbox = Outbox(listener.loop.pool.flushes)
    scanner = HeadScanner(limits: listener.limits)
  }

  // MARK: channel events

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    outbox.open(context)
    if context.channel.isActive { opened(context) }
  }

  func channelActive(context: ChannelHandlerContext) {
    opened(context)
    context.fireChannelActive()
  }

  private func opened(_ context: ChannelHandlerContext) {
    guard lastActivity == 0 else { return }
    lastActivity = Clocks.coarseNanoseconds()
    peerText = Array((context.channel.remoteAddress?.ipAddress ?? "").utf8)
    isTLS = listener.isTLS
    if !isTLS { outbox.openSocket() }
    listener.add(self)
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    outbox.close()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    lastActivity = Clocks.coarseNanoseconds()
    if pending != nil {
      pending?.writeBuffer(&bytes)
    } else {
      pending = bytes
    }
    process()
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    flush()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    isWritable = context.channel.isWritable
    guard isWritable else { return pauseBetweenRequests() }
    lastActivity = Clocks.coarseNanoseconds()
    exchange?.clientWritable()
    control?.clientWritable()
    if phase == .head {
      process()
      flush()
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    let exchange = exchange
    self.exchange = nil
    control?.clientGone()
    control = nil
    phase = .closed
    pending = nil
    outbox.close()
    isWritable = false
    listener.remove(self)
    exchange?.clientGone()
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // Resets and TLS failures of a client: nobody is left to tell.
    context.close(promise: nil)
  }

  /// Between requests reading goes on while answers are taken, since what waits here then is one head, which has a
  /// limit of its own; otherwise while the exchange has room and not too much waits here.
  func updateReading() {
    if phase == .head { return setReading(isWritable) }
    setReading(isBodyReading && (pending?.readableBytes ?? 0) < Self.pendingLimit)
  }

  /// No request is begun, and none is read, until the client has taken answers that wait for it.
  func pauseBetweenRequests() {
    guard phase == .head else { return }
    // A head that we do not read is not late.
    headStarted = 0
    updateReading()
  }

  private func setReading(_ reading: Bool) {
    guard reading != isReading else { return }
    isReading = reading
    context?.setAutoRead(reading)
  }

  func close() {
    guard phase != .closed else { return }
    phase = .closed
    outbox.flushNow()
    context?.close(promise: nil)
  }
}
