import NIOCore
import ProxyCore
import ProxyPipeline
import ProxyWire

/// From bytes to requests.
extension ClientConnection {
  /// Works through what has arrived. Answers given on the way call back into this object, which is why it is a
  /// loop and not a recursion.
  func process() {
    guard !isProcessing else { return }
    isProcessing = true
    defer { isProcessing = false }
    while let bytes = pending, bytes.readableBytes > 0 {
      switch phase {
      case .head:
        guard isWritable else { return pauseBetweenRequests() }
        if !receiveHead() { return updateReading() }
      case .exchange, .control:
        if !receiveBody() { return updateReading() }
      case .draining:
        _ = receiveBody()
        if body.isComplete { phase = .head }
      case .lingering:
        return discard(bytes.readableBytes)
      case .closed:
        pending = nil
      }
    }
    if pending?.readableBytes == 0 { pending = nil }
    updateReading()
  }

  /// True when a head was complete.
  private func receiveHead() -> Bool {
    guard let bytes = pending else { return false }
    if headStarted == 0 { headStarted = Clocks.monotonicNanoseconds() }
    do {
      let length = try bytes.withUnsafeReadableBytes { raw throws(WireError) -> Int? in
        switch scanner.scan(raw) {
        case .incomplete: return nil
        case .refused(let error): throw error
        case .complete(let length):
          try head.parse(UnsafeRawBufferPointer(rebasing: raw[..<length]), limits: listener.limits)
          return length
        }
      }
      guard let length else { return false }
      scanner.reset()
      begin(bytes, length)
      return true
    } catch {
      refuse(error)
      return false
    }
  }

  private func begin(_ bytes: ByteBuffer, _ length: Int) {
    var rest = bytes
    rest.moveReaderIndex(forwardBy: length)
    pending = rest.readableBytes > 0 ? rest : nil
    body.begin(head.framing)
    owesContinue = head.expectsContinue
    let started = headStarted
    headStarted = 0
    if listener.isDraining { return refuseWhileDraining() }
    bytes.withUnsafeReadableBytes { raw in
      let headBytes = UnsafeRawBufferPointer(rebasing: raw[..<length])
      if Self.isProxied(head, headBytes) {
        beginExchange(headBytes, started)
      } else {
        beginControl(headBytes)
      }
    }
  }

  /// Everything below `/v1/` is traffic; the rest is the gateway's own. A path that a provider could read
  /// differently from a whitelist is not traffic: the control plane redirects or refuses it.
  private static func isProxied(_ head: RequestHead, _ bytes: UnsafeRawBufferPointer) -> Bool {
    let path = UnsafeRawBufferPointer(rebasing: bytes[head.pathRange])
    guard path.count >= 4 else { return false }
    return path.prefix(4).elementsEqual("/v1/".utf8) && PathShape.isCanonical(path)
  }

  private func beginExchange(_ headBytes: UnsafeRawBufferPointer, _ started: UInt64) {
    phase = .exchange
    let exchange = listener.loop.checkOut()
    self.exchange = exchange
    peerText.withUnsafeBytes { peer in
      exchange.begin(
        head: &head, bytes: headBytes, client: self, peer: PeerAddress(text: peer, isTLS: isTLS),
        startedAt: started)
    }
  }

  private func beginControl(_ headBytes: UnsafeRawBufferPointer) {
    phase = .control
    control = ControlExchange(
      self, head: head, bytes: headBytes, peer: String(decoding: peerText, as: UTF8.self))
  }

  /// Hands body bytes on. False when they cannot be handed on now.
  private func receiveBody() -> Bool {
    if body.isComplete { return false }
    if let exchange, !exchange.acceptsBody { return false }
    if let control, !control.acceptsBody { return false }
    guard let bytes = pending.take() else { return false }
    do {
      if body.isChunked {
        let (chunks, rest) = try body.consumeChunked(bytes)
        pending = rest
        for payload in chunks { deliver(payload) }
      } else {
        let payload = body.consumeCounted(bytes, rest: &pending)
        deliver(payload)
      }
      if body.isComplete {
        // Read again: the exchange may have ended, and another begun, while it was handed the bytes.
        exchange?.receiveBodyEnd()
        control?.bodyEnded()
      }
      return true
    } catch {
      let exchange = exchange
      self.exchange = nil
      control?.clientGone()
      control = nil
      exchange?.clientGone()
      refuse(error)
      return false
    }
  }

  private func deliver(_ payload: ByteBuffer) {
    exchange?.receiveBody(payload)
    control?.receive(payload)
  }

  private func discard(_ count: Int) {
    pending = nil
    lingered += count
    if lingered > Self.lingerLimit { close() }
  }
}
