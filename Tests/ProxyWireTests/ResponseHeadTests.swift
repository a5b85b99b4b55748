import ProxyWire
import Testing

@Suite struct ResponseHeadTests {
  private func parse(
    _ message: String, to method: Method = .get, check: (ResponseHead, UnsafeRawBufferPointer) -> Void
  ) throws {
    try withBytes(message) { bytes in
      var response = ResponseHead()
      try response.parse(bytes, requestMethod: method)
      check(response, bytes)
    }
  }

  @Test func `a typical answer is read into its parts`() throws {
    let message = head(
      "HTTP/1.1 200 Quite OK", "Content-Type: text/event-stream; charset=utf-8", "Transfer-Encoding: chunked",
      "X-A: b")
    try parse(message) { response, bytes in
      #expect(response.status == 200)
      #expect(text(bytes, response.reasonRange) == "Quite OK")
      #expect(response.framing == .chunked)
      #expect(response.keepAlive)
      #expect(response.isEventStream)
      #expect(response.contentTypeIndex == 0)
      #expect(response.fields.count == 3)
      #expect(response.length == bytes.count)
    }
  }

  @Test(arguments: [
    ("200 OK", Method.get, ["Content-Length: 5"], BodyFraming.length(5), true),
    ("200 OK", .get, ["Content-Length: 0"], .none, true),
    ("200 OK", .get, [], .untilClose, false),
    ("200 OK", .get, ["Connection: close", "Content-Length: 1"], .length(1), false),
    ("200 OK", .head, ["Content-Length: 5"], .none, true),
    ("200 OK", .head, ["Transfer-Encoding: chunked"], .none, true),
    ("200 OK", .head, [], .none, false),
    ("304 Not Modified", .get, ["Content-Length: 5"], .none, true),
    ("204 No Content", .get, [], .none, true),
    ("204 No Content", .get, ["Content-Length: 0"], .none, true),
    ("204 No Content", .get, ["Content-Length: 5"], .none, false),
    ("204 No Content", .get, ["Transfer-Encoding: chunked"], .none, false),
    ("100 Continue", .post, [], .none, true),
    ("100 Continue", .post, ["Content-Length: 3"], .none, false),
    ("101 Switching Protocols", .get, ["Upgrade: websocket"], .none, true),
  ])
  func `framing and keep-alive follow RFC 9112`(
    line: String, method: Method, fields: [String], framing: BodyFraming, keepAlive: Bool
  ) throws {
    let message = (["HTTP/1.1 " + line] + fields).map { $0 + "\r\n" }.joined() + "\r\n"
    try parse(message, to: method) { response, _ in
      #expect(response.framing == framing)
      #expect(response.keepAlive == keepAlive)
    }
  }

  @Test func `HTTP/1.0 keeps the connection only when it says so and frames the body`() throws {
    try parse(head("HTTP/1.0 200 OK", "Content-Length: 1")) { response, _ in #expect(!response.keepAlive) }
    try parse(head("HTTP/1.0 200 OK", "Content-Length: 1", "Connection: keep-alive")) { response, _ in
      #expect(response.keepAlive)
    }
    try parse(head("HTTP/1.0 200 OK", "Connection: keep-alive")) { response, _ in
      #expect(response.framing == .untilClose)
      #expect(!response.keepAlive)
    }
  }

  @Test func `an announced length is known even where there is no body`() throws {
    try parse(head("HTTP/1.1 200 OK", "Content-Length: 5"), to: .head) { response, _ in
      #expect(response.contentLength == 5)
    }
    try parse(head("HTTP/1.1 200 OK")) { response, _ in #expect(response.contentLength == nil) }
  }

  @Test(arguments: [
    ("text/event-stream", true), ("Text/Event-Stream;charset=utf-8", true), ("text/event-stream ; a=b", true),
    ("text/event-streams", false), ("text/plain; text/event-stream", false), ("application/json", false),
    ("", false),
  ])
  func `an event stream is known by its media type`(value: String, expected: Bool) throws {
    try parse(head("HTTP/1.1 200 OK", "Content-Type: \(value)")) { response, _ in
      #expect(response.isEventStream == expected)
    }
  }

  @Test(arguments: [
    ("application/json", true), ("Application/JSON; charset=utf-8", true), ("application/problem+json", true),
    ("application/jsonl", false), ("text/json+x", false), ("+json", false), ("", false),
  ])
  func `JSON is known by its media type`(value: String, expected: Bool) {
    withBytes(value) { #expect(MediaType.isJSON($0) == expected) }
  }

  @Test(arguments: [
    ("multipart/form-data; boundary=x", true), ("Audio/WAV", true), ("image/png", true), ("video/mp4", true),
    ("application/octet-stream ;x=y", true), ("application/octet-streams", false),
    ("application/json", false),
    ("text/plain", false), ("audio", false), ("", false),
  ])
  func `what is uploaded as it is is known by its type`(value: String, expected: Bool) {
    withBytes(value) { #expect(MediaType.isUpload($0) == expected) }
  }

  @Test func `a cut answer is refused, not read past its end`() {
    let bytes = Array(head("HTTP/1.1 200 OK", "Content-Length: 5", "X: y").utf8)
    for count in 0..<bytes.count {
      Array(bytes[..<count]).withUnsafeBytes { piece in
        var response = ResponseHead()
        #expect(throws: WireError.self) { try response.parse(piece, requestMethod: .get) }
      }
    }
  }
}
