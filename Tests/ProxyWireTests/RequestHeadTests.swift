import ProxyWire
import Testing

@Suite struct RequestHeadTests {
  private func parse(
    _ lines: String..., limits: MessageLimits = MessageLimits(),
    check: (RequestHead, UnsafeRawBufferPointer) -> Void = { _, _ in }
  ) throws(WireError) {
    let message = lines.map { $0 + "\r\n" }.joined() + "\r\n"
    var parsed = RequestHead()
    let problem: WireError? = withBytes(message) { bytes in
      do throws(WireError) {
        try parsed.parse(bytes, limits: limits)
        check(parsed, bytes)
        return nil
      } catch {
        return error
      }
    }
    if let problem { throw problem }
  }

  @Test func `a typical request is read into its parts`() throws {
    try parse(
      "POST /v1/chat/completions?beta=true HTTP/1.1", "Host: llm.example:8080", "Authorization: Bearer abc",
      "Content-Type:application/json", "Content-Length: 42  ", "X-Odd: \t a b \t"
    ) { request, bytes in
      #expect(request.method == .post)
      #expect(request.minorVersion == 1)
      #expect(text(bytes, request.targetRange) == "/v1/chat/completions?beta=true")
      #expect(text(bytes, request.pathRange) == "/v1/chat/completions")
      #expect(text(bytes, request.queryRange) == "beta=true")
      #expect(request.framing == .length(42))
      #expect(request.keepAlive)
      #expect(request.length == bytes.count)
      #expect(request.fields.map(\.known) == [.host, .authorization, .contentType, .contentLength, .other])
      #expect(request.hostIndex == 0)
      #expect(request.authorizationIndex == 1)
      #expect(request.contentTypeIndex == 2)
      #expect(text(bytes, request.value(of: .host)) == "llm.example:8080")
      #expect(text(bytes, request.value(of: .contentType)) == "application/json")
      #expect(text(bytes, request.fields[4].nameRange) == "X-Odd")
      #expect(text(bytes, request.fields[4].valueRange) == "a b")
      #expect(text(bytes, request.fields[4].lineRange) == "X-Odd: \t a b \t\r\n")
      #expect(request.index(of: .cookie) == nil)
      #expect(request.index(of: .other) == nil)
    }
  }

  @Test(arguments: Method.allCases)
  func `each method is recognised`(method: Method) throws {
    try parse("\(method.name) / HTTP/1.1", "Host: a") { request, _ in #expect(request.method == method) }
  }

  @Test(arguments: [
    ("GET / HTTP/1.1", [], true), ("GET / HTTP/1.1", ["Connection: close"], false),
    ("GET / HTTP/1.1", ["Connection: keep-alive, CLOSE"], false),
    ("GET / HTTP/1.1", ["Connection: x, ,"], true),
    ("GET / HTTP/1.0", [], false), ("GET / HTTP/1.0", ["Connection: Keep-Alive"], true),
    ("GET / HTTP/1.0", ["Connection: keep-alive", "Connection: close"], false),
  ])
  func `keep-alive follows RFC 9112`(line: String, fields: [String], expected: Bool) throws {
    let message = ([line, "Host: a"] + fields).map { $0 + "\r\n" }.joined() + "\r\n"
    try withBytes(message) { bytes in
      var request = RequestHead()
      try request.parse(bytes)
      #expect(request.keepAlive == expected)
    }
  }

  @Test func `chunked, a length of zero and no length are told apart`() throws {
    try parse("POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked") { request, _ in
      #expect(request.framing == .chunked)
    }
    try parse("POST / HTTP/1.1", "Host: a", "Content-Length: 0") { request, _ in
      #expect(request.framing == .none)
    }
    try parse("POST / HTTP/1.1", "Host: a") { request, _ in #expect(request.framing == .none) }
  }

  @Test func `absolute and asterisk targets have their paths`() throws {
    try parse("GET https://A.example/v1?x=1 HTTP/1.1", "Host: a.example") { request, bytes in
      #expect(text(bytes, request.pathRange) == "/v1")
      #expect(text(bytes, request.queryRange) == "x=1")
    }
    try parse("GET http://a?x HTTP/1.1", "Host: a") { request, bytes in
      #expect(request.pathRange.isEmpty)
      #expect(text(bytes, request.queryRange) == "x")
    }
    try parse("OPTIONS * HTTP/1.1", "Host: a") { request, bytes in
      #expect(text(bytes, request.pathRange) == "*")
      #expect(request.queryRange.isEmpty)
    }
  }

  @Test func `fields of one connection are marked, and those that Connection names`() throws {
    try parse(
      "GET / HTTP/1.1", "Host: a", "Connection: keep-alive, X-Hop, authorization", "Keep-Alive: 5",
      "TE: trailers",
      "x-hop: 1", "Authorization: b", "X-End: 2", "Transfer-Encoding: chunked"
    ) { request, bytes in
      let marked = request.fields.filter(\.isHopByHop).map { text(bytes, $0.nameRange) }
      #expect(marked == ["Connection", "Keep-Alive", "TE", "x-hop", "Transfer-Encoding"])
    }
  }

  @Test func `an upgrade needs both its fields and HTTP/1.1`() throws {
    try parse("GET / HTTP/1.1", "Host: a", "Connection: Upgrade", "Upgrade: websocket") { request, _ in
      #expect(request.asksUpgrade)
    }
    try parse("GET / HTTP/1.1", "Host: a", "Upgrade: websocket") { request, _ in #expect(!request.asksUpgrade)
    }
    try parse("GET / HTTP/1.0", "Connection: upgrade", "Upgrade: websocket") { request, _ in
      #expect(!request.asksUpgrade)
    }
  }

  @Test func `an expectation counts from HTTP/1.1 on`() throws {
    try parse("POST / HTTP/1.1", "Host: a", "Expect: 100-continue") { request, _ in
      #expect(request.expectsContinue)
    }
    try parse("POST / HTTP/1.0", "Expect: 100-continue") { request, _ in #expect(!request.expectsContinue) }
  }

  @Test func `nothing of the last head is left in the next`() throws {
    var request = RequestHead()
    try withBytes(
      head("POST /a?b HTTP/1.1", "Host: a", "Content-Length: 3", "Connection: close", "Cookie: c")
    ) {
      try request.parse($0)
    }
    try withBytes(head("GET / HTTP/1.1", "Host: b")) { bytes in
      try request.parse(bytes)
      #expect(request.framing == .none)
      #expect(request.keepAlive)
      #expect(request.queryRange.isEmpty)
      #expect(request.fields.count == 1)
      #expect(request.index(of: .cookie) == nil)
    }
  }

  @Test func `the number of fields is limited`() throws {
    let limits = MessageLimits(fields: 2)
    try parse("GET / HTTP/1.1", "Host: a", "A: b", limits: limits)
    #expect(throws: WireError.tooManyFields) {
      try parse("GET / HTTP/1.1", "Host: a", "A: b", "C: d", limits: limits)
    }
  }

  @Test func `a cut head is refused, not read past its end`() {
    let message = head("GET /v1/models HTTP/1.1", "Host: a.example", "Accept: */*")
    let bytes = Array(message.utf8)
    for count in 0..<bytes.count {
      // A copy of its own, so that a read past the end is one past an allocation.
      let cut = Array(bytes[..<count])
      cut.withUnsafeBytes { piece in
        var request = RequestHead()
        #expect(throws: WireError.self) { try request.parse(piece) }
      }
    }
  }

  @Test func `a head with bytes behind its end is refused`() {
    withBytes(head("GET /v1/models HTTP/1.1", "Host: a.example") + "x") { bytes in
      var request = RequestHead()
      #expect(throws: WireError.incompleteHead) { try request.parse(bytes) }
    }
  }

  @Test func `every error has a sentence and a status`() {
    for error in WireError.allCases {
      #expect(error.reason.utf8CodeUnitCount > 5)
      #expect([400, 405, 414, 417, 431, 501, 502, 505].contains(error.status))
    }
    #expect(WireError.unknownMethod.status == 501)
    #expect(WireError.refusedMethod.status == 405)
    #expect(WireError.unsupportedVersion.status == 505)
    #expect(WireError.tooManyFields.status == 431)
    #expect(WireError.headTooLarge.status == 431)
  }
}
