/// Finds the payload and the end of a chunked body (RFC 9112 7.1) as its bytes arrive, copying nothing.
///
/// Sizes are one to fifteen hexadecimal digits and nothing else; extensions must follow the grammar without
/// white space and are bounded; trailers must be fields, bounded, and none that frames, routes or
/// authenticates.
public struct ChunkedDecoder: Sendable {
  enum State: UInt8, Sendable {
    case sizeStart, size, sizeLineFeed
    case extensionNameStart, extensionName, extensionValueStart, extensionToken
    case extensionQuoted, extensionEscaped, extensionQuotedEnd
    case payload, payloadReturn, payloadLineFeed
    case trailers, ended
  }

  private var state = State.sizeStart
  private var digits: UInt8 = 0
  private var remaining: UInt64 = 0
  private var extensionBytes = 0
  private var trailers: TrailerSection
  private let extensionLimit: Int

  /// Makes a decoder that stands at the first byte of a body.
  public init(limits: MessageLimits = MessageLimits()) {
    extensionLimit = limits.chunkExtensionBytes
    trailers = TrailerSection(limits: limits)
  }

  /// Whether the end of the body was found.
  public var hasEnded: Bool { state == .ended }

  /// Whether it stands at the first byte of a chunk: what came so far can be passed on with its framing.
  public var isBetweenChunks: Bool { state == .sizeStart }

  /// Whether the last chunk was seen and the trailer section has not ended.
  public var isInTrailers: Bool { state == .trailers }

  /// Makes the decoder ready for the next body.
  public mutating func reset() {
    state = .sizeStart
    digits = 0
    remaining = 0
    extensionBytes = 0
    trailers.reset()
  }

  /// Takes the next bytes of the body. After a throw nothing more may be fed.
  /// - Parameters:
  ///   - bytes: the bytes that follow those consumed before.
  ///   - payload: the ranges of `bytes` that are content are appended here; the caller empties it.
  /// - Returns: the bytes that belong to the body (all, unless it ended), and whether it ended.
  public mutating func consume(
    _ bytes: UnsafeRawBufferPointer, payload: inout ContiguousArray<Range<Int>>
  ) throws(WireError) -> (consumed: Int, ended: Bool) {
    guard let base = bytes.baseAddress, state != .ended else { return (0, state == .ended) }
    let end = bytes.count
    var index = 0
    while index < end {
      switch state {
      case .payload:
        let available = UInt64(truncatingIfNeeded: end &- index)
        let stop = index &+ Int(truncatingIfNeeded: min(available, remaining))
        payload.append(Range(uncheckedBounds: (index, stop)))
        remaining &-= UInt64(truncatingIfNeeded: stop &- index)
        index = stop
        if remaining == 0 { state = .payloadReturn }
      case .trailers:
        index = try trailers.consume(base, from: index, to: end)
        if trailers.hasEnded {
          state = .ended
          return (index, true)
        }
      case .sizeStart, .size:
        index = try readSize(base, from: index, to: end)
      default:
        try step(base.load(fromByteOffset: index, as: UInt8.self))
        index &+= 1
      }
    }
    return (index, false)
  }

  private mutating func readSize(_ base: UnsafeRawPointer, from start: Int, to end: Int) throws(WireError)
    -> Int
  {
    var index = start
    while index < end {
      let byte = base.load(fromByteOffset: index, as: UInt8.self)
      guard let digit = FieldRules.hexValue(byte) else {
        guard digits > 0 else { throw .badChunkSize }
        if byte == 0x0d {
          state = .sizeLineFeed
        } else if byte == 0x3b {
          state = .extensionNameStart
        } else {
          throw .badChunkSize
        }
        return index &+ 1
      }
      digits &+= 1
      // Fifteen digits are more than any body; the sixteenth could make the sum of two sizes overflow.
      guard digits <= 15 else { throw .badChunkSize }
      remaining = remaining &<< 4 | UInt64(digit)
      index &+= 1
    }
    state = .size
    return index
  }

  /// One byte in a state that looks at single bytes.
  private mutating func step(_ byte: UInt8) throws(WireError) {
    switch state {
    case .sizeLineFeed:
      guard byte == 0x0a else { throw .badChunkSize }
      state = remaining == 0 ? .trailers : .payload
    case .payloadReturn:
      guard byte == 0x0d else { throw .badChunkEnd }
      state = .payloadLineFeed
    case .payloadLineFeed:
      guard byte == 0x0a else { throw .badChunkEnd }
      digits = 0
      extensionBytes = 0
      state = .sizeStart
    default:
      extensionBytes &+= 1
      guard extensionBytes <= extensionLimit else { throw .chunkExtensionTooLong }
      guard let next = Self.afterExtensionByte(state, byte) else { throw .badChunkExtension }
      state = next
    }
  }
}

extension ChunkedDecoder {
  /// The state after one byte of extensions, or nil when the byte can not stand there.
  ///
  /// The grammar is `*( ";" token [ "=" ( token / quoted-string ) ] )`, without the white space that RFC 9112
  /// 7.1.1 lets old senders put there: a parser that stops at it reads another size than one that skips it.
  private static func afterExtensionByte(_ state: State, _ byte: UInt8) -> State? {
    switch state {
    case .extensionNameStart:
      return FieldRules.isTokenByte(byte) ? .extensionName : nil
    case .extensionName:
      if FieldRules.isTokenByte(byte) { return .extensionName }
      return byte == 0x3d ? .extensionValueStart : afterValue(byte)
    case .extensionValueStart:
      if byte == 0x22 { return .extensionQuoted }
      return FieldRules.isTokenByte(byte) ? .extensionToken : nil
    case .extensionToken:
      return FieldRules.isTokenByte(byte) ? .extensionToken : afterValue(byte)
    case .extensionQuoted:
      if byte == 0x22 { return .extensionQuotedEnd }
      if byte == 0x5c { return .extensionEscaped }
      return isVisible(byte) ? .extensionQuoted : nil
    case .extensionEscaped:
      return isVisible(byte) ? .extensionQuoted : nil
    case .extensionQuotedEnd:
      return afterValue(byte)
    default:
      return nil
    }
  }

  private static func afterValue(_ byte: UInt8) -> State? {
    switch byte {
    case 0x0d: .sizeLineFeed
    case 0x3b: .extensionNameStart
    default: nil
    }
  }

  private static func isVisible(_ byte: UInt8) -> Bool { byte >= 0x20 && byte < 0x7f || byte == 0x09 }
}
