import NIOCore
import ProxyWire

/// Finds the end of a request's body and takes the framing off.
struct RequestBody {
  private var framing = BodyFraming.none
  private var remaining: UInt64 = 0
  private var decoder = ChunkedDecoder()
  private var spans: ContiguousArray<Range<Int>> = []
  private(set) var isComplete = true

  mutating func begin(_ framing: BodyFraming) {
    self.framing = framing
    isComplete = framing == .none
    switch framing {
    case .length(let length): remaining = length
    case .chunked: decoder.reset()
    case .none, .untilClose: break
    }
  }

  /// Whether the body comes in chunks; otherwise it is counted, or ends with the connection.
  var isChunked: Bool { framing == .chunked }

  /// Takes the next bytes of the connection off a counted body and returns those that belong to it; `rest`
  /// becomes what follows, and stays as it is when nothing does.
  mutating func consumeCounted(_ bytes: consuming ByteBuffer, rest: inout ByteBuffer?) -> ByteBuffer {
    let count = Int(min(remaining, UInt64(bytes.readableBytes)))
    remaining -= UInt64(count)
    isComplete = remaining == 0
    guard count < bytes.readableBytes, let payload = bytes.readSlice(length: count) else { return bytes }
    rest = bytes
    return payload
  }

  /// Takes the next bytes of the connection off a body in chunks: what they carry, without framing, and what
  /// follows the body.
  mutating func consumeChunked(
    _ bytes: ByteBuffer
  ) throws(WireError) -> (chunks: [ByteBuffer], rest: ByteBuffer?) {
    spans.removeAll(keepingCapacity: true)
    let (consumed, ended) = try bytes.readableBytesView.withUnsafeBytes { raw throws(WireError) in
      try decoder.consume(raw, payload: &spans)
    }
    isComplete = ended
    var chunks: [ByteBuffer] = []
    for span in spans where !span.isEmpty {
      if let slice = bytes.getSlice(at: bytes.readerIndex + span.lowerBound, length: span.count) {
        chunks.append(slice)
      }
    }
    var rest = bytes
    rest.moveReaderIndex(forwardBy: consumed)
    return (chunks, rest.readableBytes > 0 ? rest : nil)
  }
}
