public import NIOCore
import ProxyCore
import ProxyWire

/// What a provider answered to a probe.
public struct ProbeAnswer: Sendable {
  /// Status of the answer.
  public var status: UInt16
  /// The beginning of its body.
  public var body: [UInt8]
}

/// The client of a probe: a request that the gateway makes itself, to find out whether a provider answers. It
/// goes the way of every other behind the stages, and what it uses is in the ledger of the project that pays.
///
/// Loop-confined.
public final class ProbeClient: ExchangeClient {
  /// Bytes of the answer that are kept.
  private static let limit = 16_384

  private let promise: EventLoopPromise<ProbeAnswer>
  private var received: [UInt8] = []

  private init(_ promise: EventLoopPromise<ProbeAnswer>) {
    self.promise = promise
  }

  /// Sends a probe; on the loop.
  ///
  /// - Parameters:
  ///   - route: position of the API.
  ///   - projectID: whose provider key is used; `nil` for the one of the API.
  ///   - model: asked for one word; `nil` asks for the list of models.
  public static func send(
    on loop: LoopContext, route: Int, projectID: String?, model: String?
  ) -> EventLoopFuture<ProbeAnswer> {
    let promise = loop.eventLoop.makePromise(of: ProbeAnswer.self)
    let client = ProbeClient(promise)
    let body = model.map(body) ?? []
    let target = model == nil ? "GET /v1/models" : "POST /v1/chat/completions"
    let type = model == nil ? "" : "content-type: application/json\r\ncontent-length: \(body.count)\r\n"
    let text = Array(
      ("\(target) HTTP/1.1\r\nhost: gateway\r\nuser-agent: \(ProxyVersion.name)/\(ProxyVersion.number)\r\n"
        + "accept: application/json\r\n\(type)\r\n").utf8)
    var head = RequestHead()
    text.withUnsafeBytes { bytes in
      // The text is ours: it cannot be refused.
      try? head.parse(bytes, limits: MessageLimits(headBytes: 4096, fields: 16))
      loop.checkOut().probe(
        head: &head, bytes: bytes, body: ByteBuffer(bytes: body), client: client, route: route,
        projectID: projectID)
    }
    return promise.futureResult
  }

  private static func body(_ model: String) -> [UInt8] {
    var out = Array(#"{"model":"#.utf8)
    Array(model.utf8).withUnsafeBytes { JSONText.appendLiteral($0, to: &out) }
    return out + Array(#","messages":[{"role":"user","content":"ping"}],"max_tokens":1}"#.utf8)
  }

  /// See `ExchangeClient`.
  public func write(_ bytes: ByteBuffer, isOwn: Bool) {
    received += bytes.readableBytesView.prefix(max(0, Self.limit - received.count))
  }

  /// See `ExchangeClient`.
  public func flush() {}
  /// See `ExchangeClient`.
  public var isWritable: Bool { true }
  /// See `ExchangeClient`.
  public func wantBody() {}
  /// See `ExchangeClient`.
  public func setBodyReading(_ reading: Bool) {}
  /// See `ExchangeClient`.
  public func sendContinue() {}

  /// See `ExchangeClient`.
  public func exchangeEnded(keepAlive: Bool) {
    // `HTTP/1.1 200 …`: written by this gateway, so it is where it belongs.
    let digits = received.dropFirst(9).prefix(3)
    let status = UInt16(String(decoding: digits, as: UTF8.self)) ?? 0
    let end = Array("\r\n\r\n".utf8)
    let start = received.firstRange(of: end)?.upperBound ?? received.count
    promise.succeed(ProbeAnswer(status: status, body: Array(received[start...])))
  }
}
