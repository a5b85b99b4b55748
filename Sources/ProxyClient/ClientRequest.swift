public import ProxyCore

/// One request.
public struct ClientRequest: Sendable {
  /// What becomes of the answer's body.
  public enum BodySink {
    /// Gathered in `Transfer.body`; an answer beyond the limit fails as `tooLarge`.
    case collect(limitBytes: Int)
    /// Handed out as it comes, with the transfer whose status and headers are known by then; the bytes are lent for
    /// the call. False ends the transfer as `interrupted`.
    case stream((Transfer, UnsafeRawBufferPointer) -> Bool)
  }

  /// The method.
  public var method: String
  /// The server.
  public var server: BaseURL
  /// Path and query, beginning with a slash, percent-encoded.
  public var target: String
  /// Header fields; names and values are sent as they are, and refused with control characters.
  public var headers: [(name: String, value: String)] = []
  /// Sent as `Authorization: Bearer …`.
  public var credentials: Secret?
  /// The body; `nil` sends none.
  public var body: [UInt8]?

  /// A request without headers, credentials and body.
  public init(_ method: String, _ server: BaseURL, _ target: String) {
    self.method = method
    self.server = server
    self.target = target
  }
}
