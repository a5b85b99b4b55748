import NIOCore
import ProxyWire

/// Finds the end of a request's body and takes the framing off.
struct RequestBody {
  struct Piece {
    /// What arrived, without framing: one slice of a counted body…
    var counted: ByteBuffer?
    /// …or some of a chunked one.
    var chunks: [ByteBuffer] = []
    /// What follows the body.
    var rest: ByteBuffer?
    var isEnd = false
  }

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

  /// Takes the next bytes of the connection.
  mutating func consume(_ bytes: ByteBuffer) throws(WireError) -> Piece {
    framing == .chunked ? try consumeChunked(bytes) : consumeCounted(bytes)
  }

  private mutating func consumeCounted(_ bytes: ByteBuffer) -> Piece {
    let count = Int(min(remaining, UInt64(bytes.readableBytes)))
    remaining -= UInt64(count)
    isComplete = remaining == 0
    var piece = Piece(isEnd: isComplete)
    if count == bytes.readableBytes {
      piece.counted = bytes
      return piece
    }
    var rest = bytes
    piece.counted = rest.readSlice(length: count)
    piece.rest = rest.readableBytes > 0 ? rest : nil
    return piece
  }

  private mutating func consumeChunked(_ bytes: ByteBuffer) throws(WireError) -> Piece {
    spans.removeAll(keepingCapacity: true)
    var consumed = 0
    let raw = bytes.readableBytesView
    let result = try raw.withUnsafeBytes { raw throws(WireError) in
      try decoder.consume(raw, payload: &spans)
    }
    consumed = result.consumed
    isComplete = result.ended
    var piece = Piece(isEnd: isComplete)
    for span in spans where !span.isEmpty {
      if let slice = bytes.getSlice(at: bytes.readerIndex + span.lowerBound, length: span.count) {
        piece.chunks.append(slice)
      }
    }
    var rest = bytes
    rest.moveReaderIndex(forwardBy: consumed)
    piece.rest = rest.readableBytes > 0 ? rest : nil
    return piece
  }
}
