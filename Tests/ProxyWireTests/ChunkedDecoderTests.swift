import ProxyWire
import Testing

@Suite struct ChunkedDecoderTests {
  private let body = "5\r\nhello\r\n0010;name=\"a;b\";c\r\n0123456789abcdef\r\n000\r\nX-Sum: 1\r\n\r\n"

  /// The payload, the bytes consumed and whether the body ended.
  private func decode(_ bytes: [UInt8], pieces: [Int]) throws -> (String, Int, Bool) {
    var decoder = ChunkedDecoder()
    var spans = ContiguousArray<Range<Int>>()
    var payload = [UInt8]()
    var consumed = 0
    var start = 0
    for end in pieces + [bytes.count] where !decoder.hasEnded {
      let piece = Array(bytes[start..<end])
      spans.removeAll(keepingCapacity: true)
      let result = try piece.withUnsafeBytes { try decoder.consume($0, payload: &spans) }
      for span in spans { payload += piece[span] }
      consumed += result.consumed
      start = end
    }
    return (String(decoding: payload, as: UTF8.self), consumed, decoder.hasEnded)
  }

  @Test func `a chunked body is decoded at every split point`() throws {
    let bytes = Array((body + "GET").utf8)
    for first in 1..<bytes.count {
      for second in stride(from: first, to: bytes.count, by: 7) {
        let (payload, consumed, ended) = try decode(bytes, pieces: [first, second])
        #expect(payload == "hello0123456789abcdef")
        #expect(ended)
        #expect(consumed == body.utf8.count)
      }
    }
  }

  @Test func `payload is handed out where it lies`() throws {
    try withBytes(body) { bytes in
      var decoder = ChunkedDecoder()
      var spans = ContiguousArray<Range<Int>>()
      let (consumed, ended) = try decoder.consume(bytes, payload: &spans)
      #expect(consumed == bytes.count)
      #expect(ended)
      #expect(spans == [3..<8, 29..<45])
    }
  }

  @Test func `an ended decoder takes nothing until it is reset`() throws {
    var decoder = ChunkedDecoder()
    var spans = ContiguousArray<Range<Int>>()
    try withBytes("0\r\n\r\n0\r\n\r\n") { bytes in
      let first = try decoder.consume(bytes, payload: &spans)
      #expect(first == (5, true))
      let second = try decoder.consume(bytes, payload: &spans)
      #expect(second == (0, true))
      decoder.reset()
      let third = try decoder.consume(bytes, payload: &spans)
      #expect(third == (5, true))
    }
  }

  @Test func `sizes of fifteen digits are read, of sixteen refused`() throws {
    var decoder = ChunkedDecoder()
    var spans = ContiguousArray<Range<Int>>()
    try withBytes("fffffffffffffff\r\nabc") { bytes in
      let result = try decoder.consume(bytes, payload: &spans)
      #expect(result == (bytes.count, false))
      #expect(spans == [17..<20])
    }
    decoder.reset()
    _ = withBytes("0000000000000003\r\nabc") { bytes in
      #expect(throws: WireError.badChunkSize) { try decoder.consume(bytes, payload: &spans) }
    }
  }

  @Test func `a chunk may have extensions up to the limit`() throws {
    let limits = MessageLimits(chunkExtensionBytes: 8)
    for (length, isAccepted) in [(7, true), (8, false)] {
      var decoder = ChunkedDecoder(limits: limits)
      var spans = ContiguousArray<Range<Int>>()
      withBytes("3;" + String(repeating: "a", count: length) + "\r\nabc\r\n0\r\n\r\n") { bytes in
        #expect(((try? decoder.consume(bytes, payload: &spans)) != nil) == isAccepted)
      }
    }
  }

  @Test func `trailers are limited in bytes and in number`() {
    for limits in [MessageLimits(trailerBytes: 10), MessageLimits(fields: 1)] {
      var decoder = ChunkedDecoder(limits: limits)
      var spans = ContiguousArray<Range<Int>>()
      _ = withBytes("0\r\nA: bcde\r\nC: defg\r\n\r\n") { bytes in
        #expect(throws: WireError.trailersTooLarge) { try decoder.consume(bytes, payload: &spans) }
      }
    }
  }
}
