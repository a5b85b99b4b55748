import NIOCore
import ProxyCore
import ProxyPipeline
import ProxyWire

/// One request for the control plane: answered by a task, which asks for the body if it wants it, written back on
/// the loop.
final class ControlExchange {
  private let connection: ClientConnection
  private let upload: ControlUpload
  private let keepAlive: Bool
  private let isBodySmall: Bool
  private let isHead: Bool
  private let isOldClient: Bool
  private var task: Task<Void, Never>?
  private var isOver = false
  private var waitingForRoom: CheckedContinuation<Void, Never>?

  init(_ connection: ClientConnection, head: RequestHead, bytes: UnsafeRawBufferPointer, peer: String) {
    self.connection = connection
    upload = ControlUpload(connection.listener.loop)
    keepAlive = head.keepAlive
    isBodySmall = head.isBodySmall
    isHead = head.method == .head
    isOldClient = head.minorVersion == 0
    guard let loop = connection.context?.eventLoop else { return }
    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
    var request = ControlRequest(
      method: "\(head.method.name)", path: text(head.pathRange), query: text(head.queryRange),
      headers: head.fields.map { (text($0.nameRange).lowercased(), text($0.valueRange)) },
      peer: peer, isTLS: connection.isTLS)
    let bound = NIOLoopBound(self, eventLoop: loop)
    if !connection.body.isComplete {
      request.incoming = { limit throws(ControlBodyError) in
        try await withCheckedContinuation { reader in
          loop.execute { bound.value.collect(upTo: limit, for: reader) }
        }.get()
      }
    }
    let plane = connection.listener.control
    task = Task { [request] in await ControlExchange.answer(request, plane, bound, loop) }
  }

  // MARK: the body

  /// Whether body bytes should be delivered now; otherwise the connection keeps them.
  var acceptsBody: Bool { upload.isWanted }

  private func collect(upTo limit: Int, for reader: CheckedContinuation<ControlUpload.Outcome, Never>) {
    upload.collect(upTo: limit, for: reader)
    guard !isOver else { return }
    connection.sendContinue()
    connection.wantBody()
  }

  func receive(_ bytes: ByteBuffer) { upload.receive(bytes) }

  func bodyEnded() { upload.end() }

  /// The client stopped in the middle of its body.
  func bodyTimedOut() { upload.fail(.timedOut) }

  /// Whether the connection can go on after an answer now: a body that was left with the client is thrown away if
  /// it is small, and one that broke off will never end.
  private var persists: Bool {
    keepAlive && (connection.body.isComplete || (isBodySmall && !upload.isWanted))
  }

  private static func answer(
    _ request: ControlRequest, _ plane: any ControlPlane, _ bound: NIOLoopBound<ControlExchange>,
    _ loop: any EventLoop
  ) async {
    let response = await plane.respond(to: request)
    switch response.body {
    case .stream(let stream): await pump(response, stream, bound, loop)
    case .bytes: loop.execute { bound.value.write(response) }
    }
  }

  /// The client left.
  func clientGone() {
    isOver = true
    upload.release()
    task?.cancel()
    clientWritable()
  }

  func clientWritable() {
    waitingForRoom?.resume()
    waitingForRoom = nil
  }

  // MARK: writing

  private func write(_ response: ControlResponse) {
    guard connection.control === self else { return }
    guard case .bytes(let body) = response.body else { return }
    let persists = persists
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
    upload.release()
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
      head(
        response, keepAlive: persists && !isOldClient,
        framing: isOldClient ? "" : "transfer-encoding: chunked\r\n"))
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
    end(keepAlive: persists && !isOldClient)
  }
}
