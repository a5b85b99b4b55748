import NIOCore
import ProxyCore
import ProxyPipeline
import ProxyWire

/// One request for the control plane: collected whole, answered by a task, written back on the loop.
final class ControlExchange {
  /// Bytes of body that are collected; the control plane's own limits are lower and answer in its own words.
  static let bodyLimit = 2 << 20

  private let connection: ClientConnection
  private var request: ControlRequest
  private let keepAlive: Bool
  private let isHead: Bool
  private let isOldClient: Bool
  private var task: Task<Void, Never>?
  private var isOver = false
  private var waitingForRoom: CheckedContinuation<Void, Never>?

  init(_ connection: ClientConnection, head: RequestHead, bytes: UnsafeRawBufferPointer, peer: String) {
    self.connection = connection
    keepAlive = head.keepAlive
    isHead = head.method == .head
    isOldClient = head.minorVersion == 0
    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
    request = ControlRequest(
      method: "\(head.method.name)", path: text(head.pathRange), query: text(head.queryRange),
      headers: head.fields.map { (text($0.nameRange).lowercased(), text($0.valueRange)) },
      body: [], peer: peer, isTLS: connection.isTLS)
    connection.sendContinue()
  }

  func receive(_ bytes: ByteBuffer) {
    guard !isOver else { return }
    if request.body.count + bytes.readableBytes > Self.bodyLimit {
      isOver = true
      return write(
        ControlResponse(
          status: 413, headers: [("content-type", "application/json")],
          body: .bytes(Array("{\"error\":\"request body too large\",\"code\":\"request_too_large\"}\n".utf8))),
        closes: true)
    }
    request.body.append(contentsOf: bytes.readableBytesView)
  }

  func bodyEnded() {
    guard !isOver, task == nil, let loop = connection.context?.eventLoop else { return }
    let plane = connection.listener.control
    let request = request
    let bound = NIOLoopBound(self, eventLoop: loop)
    task = Task { await ControlExchange.answer(request, plane, bound, loop) }
  }

  private static func answer(
    _ request: ControlRequest, _ plane: any ControlPlane, _ bound: NIOLoopBound<ControlExchange>,
    _ loop: any EventLoop
  ) async {
    let response = await plane.respond(to: request)
    switch response.body {
    case .stream(let stream): await pump(response, stream, bound, loop)
    case .bytes: loop.execute { bound.value.write(response, closes: false) }
    }
  }

  /// The client left.
  func clientGone() {
    isOver = true
    task?.cancel()
    clientWritable()
  }

  func clientWritable() {
    waitingForRoom?.resume()
    waitingForRoom = nil
  }

  // MARK: writing

  private func write(_ response: ControlResponse, closes: Bool) {
    guard connection.control === self else { return }
    guard case .bytes(let body) = response.body else { return }
    let persists = keepAlive && !closes
    var out = head(response, keepAlive: persists, framing: "content-length: \(body.count)\r\n")
    if !isHead { out.writeBytes(body) }
    connection.write(out)
    end(keepAlive: persists)
  }

  private func head(_ response: ControlResponse, keepAlive: Bool, framing: String) -> ByteBuffer {
    var out = ByteBufferAllocator().buffer(capacity: 512)
    out.writeString("HTTP/1.1 \(response.status) \(StatusReason.phrase(response.status))\r\n")
    for (name, value) in response.headers where !Self.isFraming(name) {
      out.writeString("\(name): \(value)\r\n")
    }
    if response.status != 204, response.status != 304 { out.writeString(framing) }
    if !keepAlive { out.writeString("connection: close\r\n") }
    out.writeString("date: ")
    out.writeBytes(HTTPDate.text(unixSeconds: UInt64(Clocks.unixMilliseconds() / 1000)))
    out.writeString("\r\n\r\n")
    return out
  }

  private static func isFraming(_ name: String) -> Bool {
    ["content-length", "transfer-encoding", "connection", "date"].contains(name.lowercased())
  }

  private func end(keepAlive: Bool) {
    isOver = true
    connection.control = nil
    connection.finishRequest(keepAlive: keepAlive)
  }

  // MARK: streams

  private static func pump(
    _ response: ControlResponse, _ stream: AsyncStream<[UInt8]>, _ bound: NIOLoopBound<ControlExchange>,
    _ loop: any EventLoop
  ) async {
    loop.execute { bound.value.beginStream(response) }
    for await bytes in stream {
      await withCheckedContinuation { continuation in
        loop.execute { bound.value.writePiece(bytes, continuation) }
      }
      if Task.isCancelled { return }
    }
    loop.execute { bound.value.endStream() }
  }

  private func beginStream(_ response: ControlResponse) {
    guard connection.control === self else { return }
    connection.write(
      head(response, keepAlive: !isOldClient, framing: isOldClient ? "" : "transfer-encoding: chunked\r\n"))
    connection.flush()
  }

  private func writePiece(_ bytes: [UInt8], _ continuation: CheckedContinuation<Void, Never>) {
    guard connection.control === self, !isOver else { return continuation.resume() }
    if !bytes.isEmpty {
      var out = ByteBuffer()
      if !isOldClient { out.writeString(String(bytes.count, radix: 16) + "\r\n") }
      out.writeBytes(bytes)
      if !isOldClient { out.writeString("\r\n") }
      connection.write(out)
      connection.flush()
    }
    // A reader that does not keep up slows its stream down instead of filling our memory.
    if connection.isWritable {
      continuation.resume()
    } else {
      waitingForRoom = continuation
    }
  }

  private func endStream() {
    guard connection.control === self, !isOver else { return }
    if !isOldClient { connection.write(ByteBuffer(staticString: "0\r\n\r\n")) }
    end(keepAlive: keepAlive && !isOldClient)
  }
}
