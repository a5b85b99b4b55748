import NIOCore
import ProxyCore
import ProxyPipeline
import ProxyWire

/// The way back: what exchanges and the control plane send.
extension ClientConnection: ExchangeClient {
  func write(_ bytes: ByteBuffer, isOwn: Bool) {
    outbox.write(bytes, isOwn: isOwn)
  }

  func flush() {
    outbox.flush()
  }

  func wantBody() {
    process()
  }

  func setBodyReading(_ reading: Bool) {
    isBodyReading = reading
    updateReading()
  }

  func sendContinue() {
    guard owesContinue else { return }
    owesContinue = false
    outbox.write(ByteBuffer(staticString: "HTTP/1.1 100 Continue\r\n\r\n"))
    flush()
  }

  func exchangeEnded(keepAlive: Bool) {
    exchange = nil
    isBodyReading = true
    finishRequest(keepAlive: keepAlive)
  }

  /// The answer is complete.
  func finishRequest(keepAlive: Bool) {
    lastActivity = Clocks.coarseNanoseconds()
    if keepAlive, !listener.isDraining {
      phase = body.isComplete ? .head : .draining
      // Inside a read the flush comes with its end; answers to pipelined requests share it.
      if !isProcessing {
        flush()
        process()
      }
      return
    }
    linger()
  }

  /// Closes, but not before the client has had a chance to read the answer: closing while it still sends would
  /// make its kernel throw the answer away.
  func linger() {
    outbox.flushNow()
    guard phase != .closed, let context else { return }
    if body.isComplete, pending == nil, outbox.isSent {
      phase = .closed
      context.close(promise: nil)
      return
    }
    phase = .lingering
    pending = nil
    lingered = 0
    isBodyReading = true
    updateReading()
    // What waits for a slow client goes out first.
    context.close(mode: .output, promise: nil)
    closeSoon(context.eventLoop)
  }

  /// Closes in two seconds, or once what waits has been taken; deadlines see to a client that takes nothing.
  private func closeSoon(_ eventLoop: any EventLoop) {
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    eventLoop.scheduleTask(in: .seconds(2)) {
      guard bound.value.phase == .lingering else { return }
      bound.value.outbox.isSent ? bound.value.close() : bound.value.closeSoon(eventLoop)
    }
  }

  /// Answers what is not HTTP as we are willing to read it, and closes.
  func refuse(_ error: WireError) {
    listener.loop.figures.malformed += 1
    body.begin(.untilClose)
    answerPlainly(status: error.status, code: "bad_request", message: "\(error.reason)")
  }

  func refuseWhileDraining() {
    body.begin(.untilClose)
    answerPlainly(status: 503, code: "shutting_down", message: GatewayFault.shuttingDown.message)
  }

  /// A head that took too long.
  func headTimedOut() {
    body.begin(.untilClose)
    answerPlainly(status: 408, code: "request_timeout", message: GatewayFault.requestTimeout.message)
  }

  private func answerPlainly(status: UInt16, code: String, message: String) {
    phase = .lingering
    let body =
      "{\"error\":{\"message\":\"\(message.replacingQuotes)\",\"type\":\"invalid_request_error\","
      + "\"param\":null,\"code\":\"\(code)\"},\"code\":\"\(code)\"}\n"
    let head =
      "HTTP/1.1 \(status) \(StatusReason.phrase(status))\r\ncontent-type: application/json\r\n"
      + "content-length: \(body.utf8.count)\r\nx-llm-proxy-error-source: gateway\r\n"
      + (status == 405 ? "allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n" : "")
      + "connection: close\r\n\r\n"
    outbox.write(ByteBuffer(string: head + body))
    linger()
  }
}

extension String {
  fileprivate var replacingQuotes: String { String(map { $0 == "\"" ? "'" : $0 }) }
}
