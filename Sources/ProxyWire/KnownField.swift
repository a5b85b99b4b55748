/// The fields that somebody in the proxy asks for. Recognised while the head is parsed, so that nobody
/// compares names afterwards.
public enum KnownField: UInt8, Sendable, CaseIterable {
  /// Any field not listed below.
  case other = 0
  // Routing and framing.
  case host, contentLength, transferEncoding, connection
  // Hop by hop (RFC 9110 7.6.1), with transferEncoding and connection.
  case keepAlive, proxyConnection, proxyAuthorization, proxyAuthenticate, te, trailer, upgrade
  case expect
  // Credentials.
  case authorization, apiKey, xAPIKey, cookie, setCookie
  // Content.
  case contentType, contentEncoding, accept, acceptEncoding, range
  // Who asks, and from where.
  case origin, referer, userAgent, xRequestID, xForwardedFor, xForwardedProto, xForwardedHost, xRealIP,
    forwarded, via
  case traceparent
  // What an answer says.
  case date, server, location, cacheControl, retryAfter, xShouldRetry, accessControlRequestMethod
  // Upgrade to WebSocket.
  case secWebSocketKey, secWebSocketProtocol
}

extension KnownField {
  /// Whether the field concerns one connection only, whatever `Connection` says.
  @inlinable public var isHopByHop: Bool {
    switch self {
    case .transferEncoding, .connection, .keepAlive, .proxyConnection, .proxyAuthorization,
      .proxyAuthenticate, .te,
      .trailer, .upgrade:
      true
    default: false
    }
  }

  /// The name in lower case; empty for ``other``.
  public var name: StaticString {
    switch self {
    case .other: ""
    case .host: "host"
    case .contentLength: "content-length"
    case .transferEncoding: "transfer-encoding"
    case .connection: "connection"
    case .keepAlive: "keep-alive"
    case .proxyConnection: "proxy-connection"
    case .proxyAuthorization: "proxy-authorization"
    case .proxyAuthenticate: "proxy-authenticate"
    case .te: "te"
    case .trailer: "trailer"
    case .upgrade: "upgrade"
    case .expect: "expect"
    case .authorization: "authorization"
    case .apiKey: "api-key"
    case .xAPIKey: "x-api-key"
    case .cookie: "cookie"
    case .setCookie: "set-cookie"
    case .contentType: "content-type"
    case .contentEncoding: "content-encoding"
    case .accept: "accept"
    case .acceptEncoding: "accept-encoding"
    case .range: "range"
    case .origin: "origin"
    case .referer: "referer"
    case .userAgent: "user-agent"
    case .xRequestID: "x-request-id"
    case .xForwardedFor: "x-forwarded-for"
    case .xForwardedProto: "x-forwarded-proto"
    case .xForwardedHost: "x-forwarded-host"
    case .xRealIP: "x-real-ip"
    case .forwarded: "forwarded"
    case .via: "via"
    case .traceparent: "traceparent"
    case .date: "date"
    case .server: "server"
    case .location: "location"
    case .cacheControl: "cache-control"
    case .retryAfter: "retry-after"
    case .xShouldRetry: "x-should-retry"
    case .accessControlRequestMethod: "access-control-request-method"
    case .secWebSocketKey: "sec-websocket-key"
    case .secWebSocketProtocol: "sec-websocket-protocol"
    }
  }

  /// Recognises a name in any case. The bytes need not be a valid name.
  public init(name: UnsafeRawBufferPointer) {
    self = FieldNames.recognise(name)
  }
}
