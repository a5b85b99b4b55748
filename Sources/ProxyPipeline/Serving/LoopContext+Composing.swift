import NIOCore
import ProxyCore
import ProxyWire

/// Heads and chunks as bytes, each in a buffer of its own that nobody else holds, so that a body can be appended.
extension LoopContext {
  /// A head: in one of the buffers that come back when they are sent.
  private func composingHead(
    _ capacity: Int, _ body: (UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8>
  ) -> ByteBuffer {
    composing(in: pool.flushes.buffer(capacity: capacity), body)
  }

  /// Bytes in a new buffer with room for `capacity`.
  private func composing(
    _ capacity: Int, _ body: (UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8>
  ) -> ByteBuffer {
    composing(in: allocator.buffer(capacity: capacity), body)
  }

  private func composing(
    in buffer: consuming ByteBuffer, _ body: (UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8>
  ) -> ByteBuffer {
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: 0) { raw in
      guard let base = raw.baseAddress else { return 0 }
      let start = base.assumingMemoryBound(to: UInt8.self)
      return body(start) - start
    }
    return buffer
  }

  /// The head of the upstream's request.
  func composeRequestHead(
    _ exchange: Exchange, _ route: Route, isStreamed: Bool, heldBytes: Int
  ) -> ByteBuffer {
    let host = Slice(route.hostHeader.slice)
    let bound =
      exchange.upstreamMap.byteBound + exchange.upstreamPath.count + exchange.upstreamMethod.count
      + host.count + 160
    return composingHead(bound + (heldBytes <= 16_384 ? heldBytes : 0)) { start in
      var out = writeSlice(exchange.upstreamMethod, to: start)
      out[0] = 32
      out = writeSlice(exchange.upstreamPath, to: out + 1)
      out = writeSlice(Slice(" HTTP/1.1\r\nhost: "), to: out)
      out = writeSlice(host, to: out)
      out = writeSlice(Slice("\r\n"), to: out)
      out = exchange.upstreamMap.write(to: out)
      if isStreamed, case .length(let length) = exchange.request.framing {
        out = writeLength(length, to: out)
      } else if isStreamed {
        out = writeSlice(Slice("transfer-encoding: chunked\r\n"), to: out)
      } else if heldBytes > 0 || exchange.request.framing != .none || exchange.request.method.carriesBody {
        out = writeLength(UInt64(heldBytes), to: out)
      }
      return writeSlice(Slice("\r\n"), to: out)
    }
  }

  private func writeLength(_ length: UInt64, to out: UnsafeMutablePointer<UInt8>)
    -> UnsafeMutablePointer<UInt8>
  {
    let end = writeDecimal(length, to: writeSlice(Slice("content-length: "), to: out))
    return writeSlice(Slice("\r\n"), to: end)
  }

  /// How the end of an answer's body is told to the client.
  enum AnswerLength {
    /// The received `content-length` line, or none, stands.
    case asReceived
    case counted(Int)
    case chunked
    case untilClose
  }

  /// The head of an answer to the client.
  func composeResponseHead(
    status: UInt16, _ map: borrowing HeaderMap, length: AnswerLength, keepAlive: Bool, minorVersion: UInt8,
    room: Int
  ) -> ByteBuffer {
    composingHead(map.byteBound + 192 + room) { start in
      var out = writeStatusLine(status, to: start)
      out = map.write(to: out)
      switch length {
      case .asReceived, .untilClose: break
      case .counted(let count): out = writeLength(UInt64(count), to: out)
      case .chunked: out = writeSlice(Slice("transfer-encoding: chunked\r\n"), to: out)
      }
      if !keepAlive {
        out = writeSlice(Slice("connection: close\r\n"), to: out)
      } else if minorVersion == 0 {
        out = writeSlice(Slice("connection: keep-alive\r\n"), to: out)
      }
      return writeSlice(Slice("\r\n"), to: out)
    }
  }

  private func writeStatusLine(_ status: UInt16, to out: UnsafeMutablePointer<UInt8>)
    -> UnsafeMutablePointer<UInt8>
  {
    var cursor = writeSlice(Slice("HTTP/1.1 "), to: out)
    cursor = writeDecimal(UInt64(status), to: cursor)
    cursor[0] = 32
    cursor = writeSlice(Slice(StatusReason.phrase(status)), to: cursor + 1)
    return writeSlice(Slice("\r\n"), to: cursor)
  }

  /// One chunk of a chunked body around `bytes`, which must not be empty.
  func chunk(_ bytes: ByteBuffer) -> ByteBuffer {
    let count = bytes.readableBytes
    return composing(count + 24) { start in
      var out = writeHex(count, to: start)
      out = writeSlice(Slice("\r\n"), to: out)
      out = bytes.withUnsafeReadableBytes { writeSlice(Slice($0), to: out) }
      return writeSlice(Slice("\r\n"), to: out)
    }
  }

  /// The end of a chunked body.
  var lastChunk: ByteBuffer {
    composing(8) { writeSlice(Slice("0\r\n\r\n"), to: $0) }
  }
}

extension Method {
  /// Whether a request of this method says how long its body is even when it has none (RFC 9110 8.6).
  var carriesBody: Bool {
    switch self {
    case .post, .put, .patch: true
    case .get, .head, .delete, .options: false
    }
  }
}

/// Reason phrases (RFC 9110 15); clients ignore them, people reading traces do not.
public enum StatusReason {
  /// The phrase of a status; `Status` when there is none.
  public static func phrase(_ status: UInt16) -> StaticString {
    switch status {
    case 200: "OK"
    case 201: "Created"
    case 202: "Accepted"
    case 204: "No Content"
    case 206: "Partial Content"
    case 301: "Moved Permanently"
    case 302: "Found"
    case 303: "See Other"
    case 304: "Not Modified"
    case 307: "Temporary Redirect"
    case 308: "Permanent Redirect"
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 402: "Payment Required"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 408: "Request Timeout"
    case 409: "Conflict"
    case 410: "Gone"
    case 413: "Content Too Large"
    case 414: "URI Too Long"
    case 415: "Unsupported Media Type"
    case 416: "Range Not Satisfiable"
    case 417: "Expectation Failed"
    case 422: "Unprocessable Content"
    case 429: "Too Many Requests"
    case 431: "Request Header Fields Too Large"
    case 500: "Internal Server Error"
    case 501: "Not Implemented"
    case 502: "Bad Gateway"
    case 503: "Service Unavailable"
    case 504: "Gateway Timeout"
    case 505: "HTTP Version Not Supported"
    default: "Status"
    }
  }
}
