/// The door to everything that is not `/v1`: management, health, metrics and the admin pages.
///
/// The listener hands a request over with its head, and its body to whoever asks for it, and writes the answer. It owns the message framing: answers
/// carry no `content-length`, `transfer-encoding`, `connection` or `date`, and the body of an answer to
/// `HEAD` is for the listener to leave out.
public protocol ControlPlane: Sendable {
  /// Answers one request. Any thread; never throws, a failure inside is an answer of status 500.
  func respond(to request: ControlRequest) async -> ControlResponse
}

/// A request to the control plane.
public struct ControlRequest: Sendable {
  /// Method as sent, such as `GET`.
  public var method: String
  /// Path still percent-encoded, without the query.
  public var path: String
  /// Query without its question mark; empty when there is none.
  public var query: String
  /// Fields in the order received; names in lower case.
  public var headers: [(String, String)]
  /// The whole body; empty before it was collected.
  public var body: [UInt8]
  /// Takes the body, of at most so many bytes, from the client. Call it once. `nil` when `body` is all there is.
  public var incoming: (@Sendable (_ limit: Int) async throws(ControlBodyError) -> [UInt8])?
  /// Address of the peer as text, without the port.
  public var peer: String
  /// True when the request came over TLS.
  public var isTLS: Bool

  /// Makes a request from its parts.
  public init(
    method: String, path: String, query: String = "", headers: [(String, String)] = [], body: [UInt8] = [],
    peer: String = "", isTLS: Bool = false
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers
    self.body = body
    self.peer = peer
    self.isTLS = isTLS
  }

  /// The request with its body. Costs memory: ask when it is clear that the sender may want something.
  public func collected(upTo limit: Int) async throws(ControlBodyError) -> ControlRequest {
    guard let incoming else { return self }
    var whole = self
    whole.body = try await incoming(limit)
    whole.incoming = nil
    return whole
  }
}

/// Why a body cannot be had.
public enum ControlBodyError: Error {
  /// It is longer than the limit.
  case tooLarge
  /// Bodies held in the whole process are over `limits.held_body_bytes`.
  case overloaded
  /// Nothing more of it came for `timeouts.request_body_idle`.
  case timedOut
  /// The client left; nobody will read the answer.
  case disconnected
}

/// An answer of the control plane.
public struct ControlResponse: Sendable {
  /// HTTP status.
  public var status: UInt16
  /// Fields to send, in this order; names in the case to send them in.
  public var headers: [(String, String)]
  /// The body to frame and send.
  public var body: ControlBody

  /// Makes an answer from its parts.
  public init(status: UInt16, headers: [(String, String)] = [], body: ControlBody = .bytes([])) {
    self.status = status
    self.headers = headers
    self.body = body
  }
}

/// The body of a control plane answer.
public enum ControlBody: Sendable {
  /// The whole body.
  case bytes([UInt8])
  /// Pieces made as they are asked for. A consumer that stops early drops the stream or cancels its task.
  case stream(AsyncStream<[UInt8]>)
}
