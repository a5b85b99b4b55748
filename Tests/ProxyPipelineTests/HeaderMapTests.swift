import ProxyWire
import Testing

@testable import ProxyPipeline

/// A parsed head whose bytes live as long as the test's closure.
private func withMap(_ fields: String, _ body: (inout HeaderMap) -> Void) throws {
  let head = Array("GET /v1/models HTTP/1.1\r\nHost: a\r\n\(fields)\r\n".utf8)
  var parsed = RequestHead()
  try head.withUnsafeBytes { raw in
    try parsed.parse(raw, limits: MessageLimits())
    var map = HeaderMap()
    map.attach(base: raw.baseAddress?.assumingMemoryBound(to: UInt8.self), fields: parsed.fields)
    body(&map)
  }
}

private func text(_ map: HeaderMap) -> String {
  let out = UnsafeMutablePointer<UInt8>.allocate(capacity: map.byteBound)
  defer { out.deallocate() }
  let end = map.write(to: out)
  return String(decoding: UnsafeBufferPointer(start: out, count: end - out), as: UTF8.self)
}

@Suite struct HeaderMapTests {
  @Test func untouchedFieldsAreWrittenAsTheyCame() throws {
    try withMap("X-A:  1 \r\nx-b: 2\r\n") { map in
      #expect(text(map) == "Host: a\r\nX-A:  1 \r\nx-b: 2\r\n")
      #expect(map.count == 3)
    }
  }

  @Test func removedFieldsAreLeftOutWhateverTheirCase() throws {
    try withMap("X-A: 1\r\nX-B: 2\r\nx-a: 3\r\n") { map in
      let isFound = map.remove(Slice("x-A"))
      let isFoundAgain = map.remove(Slice("x-a"))
      #expect(isFound && !isFoundAgain)
      #expect(text(map) == "Host: a\r\nX-B: 2\r\n")
      #expect(map.get(Slice("x-a")) == nil)
    }
  }

  @Test func addedFieldsComeAfterReceivedOnesAndAreFoundByNumber() throws {
    try withMap("X-A: 1\r\n") { map in
      map.add(name: Slice("x-a"), value: Slice("2"))
      #expect(text(map) == "Host: a\r\nX-A: 1\r\nx-a: 2\r\n")
      #expect(map.get(Slice("X-a"), nth: 1)?.string == "2")
      #expect(map.field(at: 2)?.value.string == "2")
      #expect(map.field(at: 3) == nil)
    }
  }

  @Test func whatWasSetBeforeAHeadArrivesReplacesItsFields() throws {
    try withMap("X-A: 1\r\nX-B: 2\r\n") { received in
      var map = HeaderMap()
      map.remove(Slice("x-a"))
      map.add(name: Slice("x-a"), value: Slice("ours"))
      map.attach(base: received.base, fields: received.fields)
      #expect(text(map) == "Host: a\r\nX-B: 2\r\nx-a: ours\r\n")
    }
  }
}
