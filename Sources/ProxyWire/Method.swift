/// The request methods that are served. Every other one, however well formed, is refused with 501, and
/// `TRACE` and `QUERY` with 405.
public enum Method: UInt8, Sendable, CaseIterable {
  case get, head, post, put, patch, delete, options

  /// The method as it is written on the wire.
  public var name: StaticString {
    switch self {
    case .get: "GET"
    case .head: "HEAD"
    case .post: "POST"
    case .put: "PUT"
    case .patch: "PATCH"
    case .delete: "DELETE"
    case .options: "OPTIONS"
    }
  }

  /// Whether repeating the request has the effect of sending it once (RFC 9110 9.2.2).
  public var isIdempotent: Bool { self != .post && self != .patch }
}
