import Hummingbird
import Logging
import ProxyCore

/// An answer before it is put into Hummingbird's types.
struct Reply: Sendable {
  /// What follows the head.
  enum Body: Sendable {
    /// Everything at once.
    case bytes([UInt8])
    /// Pieces, written by a closure that ends when the body does. A write waits until the client has room for
    /// it and throws when the client is gone; the closure does not call `finish`.
    case pieces(@Sendable (inout any ResponseBodyWriter) async throws -> Void)
  }

  var status: UInt16
  var headers: [(String, String)]
  var body: Body

  init(status: UInt16, headers: [(String, String)] = [], body: Body = .bytes([])) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// A JSON document and a line feed, as Go's encoder ends it.
  static func json(_ status: UInt16, _ document: JSONValue, headers: [(String, String)] = []) -> Reply {
    Reply(
      status: status, headers: [jsonType] + headers, body: .bytes(document.bytes + [UInt8(ascii: "\n")]))
  }

  /// Plain text.
  static func text(_ status: UInt16, _ text: String) -> Reply {
    Reply(
      status: status, headers: [("Content-Type", "text/plain; charset=utf-8")], body: .bytes(Array(text.utf8))
    )
  }

  /// What a client gets for a fault.
  static func fault(_ fault: ManagementFault) -> Reply {
    var members: [JSONValue.Member] = [
      .init(name: "error", value: .string(fault.message)), .init(name: "code", value: .string(fault.code)),
    ]
    if let param = fault.param { members.append(.init(name: "param", value: .string(param))) }
    return .json(fault.status, .object(members), headers: fault.headers.map { ($0.name, $0.value) })
  }

  /// The answer for a path that nobody serves, as Go's `ServeMux` gives it.
  static let notFound = Reply.text(404, "404 page not found\n")

  /// The type of all management answers.
  static let jsonType = ("Content-Type", "application/json")
}

// MARK: - Hummingbird

extension Reply: ResponseGenerator {
  /// The answer in Hummingbird's types.
  func response(from request: Request, context: some RequestContext) -> Response { response }

  /// The answer in Hummingbird's types. Names and values that are no valid fields are left out.
  var response: Response {
    var fields = HTTPFields()
    for (name, value) in headers {
      guard let name = HTTPFields.Element.Name(name), HTTPFields.Element.isValidValue(value) else { continue }
      fields.append(.init(name: name, value: value))
    }
    let body: ResponseBody
    switch self.body {
    case .bytes(let bytes): body = ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
    case .pieces(let produce):
      body = ResponseBody { writer in
        try await produce(&writer)
        try await writer.finish(nil)
      }
    }
    return Response(status: .init(code: Int(status)), headers: fields, body: body)
  }
}

extension ControlResponse {
  /// Takes an answer of the router: bytes when its length is known, else a stream that makes pieces as they
  /// are read.
  init(_ response: Response, in context: ManagementContext) async {
    // The listener frames the message.
    let framing = ["content-length", "transfer-encoding", "connection", "date"]
    let headers = response.headers.filter { !framing.contains($0.name.canonicalName) }
    self.init(
      status: UInt16(clamping: response.status.code), headers: headers.map { ($0.name.rawName, $0.value) })
    guard response.body.contentLength != nil else {
      let logger = context.logger
      body = .stream(
        BodyPump.stream(of: response.body) { error in
          logger.error("management answer cut short", metadata: ["error": "\(error)"])
        })
      return
    }
    let collector = BodyCollector()
    do {
      try await response.body.write(collector)
      body = .bytes(collector.bytes)
    } catch {
      context.logger.error("management answer not made", metadata: ["error": "\(error)"])
      self = await ControlResponse(.fault(.failed(to: "answer")), in: context)
    }
  }

  /// Takes an answer of ours.
  init(_ reply: Reply, in context: ManagementContext) async {
    await self.init(reply.response, in: context)
  }
}

/// Gathers a body of known length.
private final class BodyCollector: ResponseBodyWriter {
  private(set) var bytes: [UInt8] = []

  func write(_ buffer: ByteBuffer) {
    bytes.append(contentsOf: buffer.readableBytesView)
  }

  func finish(_ trailingHeaders: HTTPFields?) {}
}
