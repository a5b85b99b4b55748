import NIOCore
import ProxyWire
import Testing

@testable import ProxyListener

private func collect(_ framing: BodyFraming, _ wire: String, cutEvery size: Int) throws -> (
  String, rest: String
) {
  var body = RequestBody()
  body.begin(framing)
  var payload = ""
  var pending = ByteBuffer()
  var bytes = ByteBuffer(string: wire)
  while let piece = bytes.readSlice(length: min(size, bytes.readableBytes)), piece.readableBytes > 0 {
    var piece = piece
    pending.writeBuffer(&piece)
    if body.isComplete { continue }
    var rest: ByteBuffer?
    var slices: [ByteBuffer] = []
    if body.isChunked {
      (slices, rest) = try body.consumeChunked(pending)
    } else {
      slices = [body.consumeCounted(pending, rest: &rest)]
    }
    for slice in slices { payload += String(buffer: slice) }
    pending = rest ?? ByteBuffer()
  }
  return (payload, String(buffer: pending))
}

@Suite struct RequestBodyTests {
  @Test(arguments: 1...40) func aCountedBodyEndsWhereItsLengthSays(_ size: Int) throws {
    let (payload, rest) = try collect(.length(5), "helloGET /", cutEvery: size)
    #expect(payload == "hello")
    #expect(rest == "GET /")
  }

  @Test(arguments: 1...40) func aChunkedBodyEndsAfterItsLastChunk(_ size: Int) throws {
    let (payload, rest) = try collect(.chunked, "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\nGET /", cutEvery: size)
    #expect(payload == "abcde")
    #expect(rest == "GET /")
  }

  @Test func aRequestWithoutABodyIsCompleteAtOnce() {
    var body = RequestBody()
    body.begin(.none)
    #expect(body.isComplete)
  }
}
