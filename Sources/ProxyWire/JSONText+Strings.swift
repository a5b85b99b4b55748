extension JSONText {
  /// The text of a string literal, in UTF-8 as far as the literal is. Lone surrogates become U+FFFD.
  /// - Parameter literal: the raw value with its quotes.
  /// - Returns: nil when it is no string or holds an escape that JSON does not have.
  public static func unescape(_ literal: UnsafeRawBufferPointer) -> [UInt8]? {
    guard literal.count >= 2, literal[0] == 0x22, literal[literal.count - 1] == 0x22 else { return nil }
    var text = [UInt8]()
    text.reserveCapacity(literal.count - 2)
    var reader = JSONUnescaper(UnsafeRawBufferPointer(rebasing: literal[1..<(literal.count - 1)]))
    while let byte = reader.next() { text.append(byte) }
    return reader.isMalformed ? nil : text
  }

  /// Appends a string literal, quotes included. Bytes that are not UTF-8 are replaced by U+FFFD.
  public static func appendLiteral(_ text: UnsafeRawBufferPointer, to output: inout [UInt8]) {
    output.append(0x22)
    appendEscaped(text, to: &output)
    output.append(0x22)
  }

  /// Appends what stands between the quotes of a string literal. Bytes that are not UTF-8 are replaced by
  /// U+FFFD.
  public static func appendEscaped(_ text: UnsafeRawBufferPointer, to output: inout [UInt8]) {
    guard let base = text.baseAddress else { return }
    var index = 0
    while index < text.count {
      let byte = text[index]
      if byte >= 0x80 {
        let length = sequenceLength(text, at: index)
        if length == 0 {
          output.append(contentsOf: [0xef, 0xbf, 0xbd])
          index += 1
        } else {
          output.append(contentsOf: UnsafeRawBufferPointer(rebasing: text[index..<(index + length)]))
          index += length
        }
      } else if byte < 0x20 || byte == 0x22 || byte == 0x5c || byte == 0x7f {
        appendEscape(byte, to: &output)
        index += 1
      } else {
        var end = index
        while end < text.count, text[end] &- 0x20 < 0x5f, text[end] != 0x22, text[end] != 0x5c { end += 1 }
        output.append(contentsOf: UnsafeRawBufferPointer(start: base + index, count: end - index))
        index = end
      }
    }
  }

  /// Whether a key as written in the text equals a name in plain text.
  static func key(
    _ key: Range<Int>, hasEscapes: Bool, in bytes: UnsafeRawBufferPointer, equals name: UnsafeRawBufferPointer
  ) -> Bool {
    let raw = UnsafeRawBufferPointer(rebasing: bytes[key])
    guard hasEscapes else {
      guard raw.count == name.count else { return false }
      for index in 0..<raw.count where raw[index] != name[index] { return false }
      return true
    }
    var reader = JSONUnescaper(raw)
    for byte in name { guard reader.next() == byte else { return false } }
    return reader.next() == nil && !reader.isMalformed
  }

  /// Whether a key as written in the text equals a reference of a JSON pointer (`~1` is `/`, `~0` is `~`).
  static func key(
    _ key: Range<Int>, hasEscapes: Bool, in bytes: UnsafeRawBufferPointer,
    equalsReference reference: UnsafeRawBufferPointer
  ) -> Bool {
    var reader = JSONUnescaper(UnsafeRawBufferPointer(rebasing: bytes[key]))
    var index = 0
    while index < reference.count {
      var wanted = reference[index]
      if wanted == 0x7e {
        guard index + 1 < reference.count, reference[index + 1] &- 0x30 < 2 else { return false }
        wanted = reference[index + 1] == 0x30 ? 0x7e : 0x2f
        index += 1
      }
      guard reader.next() == wanted else { return false }
      index += 1
    }
    return reader.next() == nil && !reader.isMalformed
  }

  private static func appendEscape(_ byte: UInt8, to output: inout [UInt8]) {
    output.append(0x5c)
    switch byte {
    case 0x22, 0x5c: output.append(byte)
    case 0x08: output.append(0x62)
    case 0x0c: output.append(0x66)
    case 0x0a: output.append(0x6e)
    case 0x0d: output.append(0x72)
    case 0x09: output.append(0x74)
    default:
      output.append(contentsOf: [0x75, 0x30, 0x30, hexDigit(byte >> 4), hexDigit(byte & 15)])
    }
  }

  private static func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x61 + value - 10 }

  /// Bytes of the UTF-8 sequence of two to four that starts at the index, or zero when it is not well formed
  /// (Unicode 3.9, table 3-7).
  private static func sequenceLength(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Int {
    let lead = bytes[index]
    let length: Int
    var lowest: UInt8 = 0x80
    var highest: UInt8 = 0xbf
    switch lead {
    case 0xc2...0xdf: length = 2
    case 0xe0...0xef:
      length = 3
      if lead == 0xe0 { lowest = 0xa0 }
      if lead == 0xed { highest = 0x9f }
    case 0xf0...0xf4:
      length = 4
      if lead == 0xf0 { lowest = 0x90 }
      if lead == 0xf4 { highest = 0x8f }
    default: return 0
    }
    guard index + length <= bytes.count, bytes[index + 1] >= lowest, bytes[index + 1] <= highest else {
      return 0
    }
    for offset in (index + 2)..<(index + max(length, 2)) where bytes[offset] & 0xc0 != 0x80 { return 0 }
    return length
  }
}

/// Reads the text of a string literal byte by byte, escapes resolved.
struct JSONUnescaper {
  private let raw: UnsafeRawBufferPointer
  private var index = 0
  /// UTF-8 bytes of an escape that were not handed out yet, lowest first.
  private var pending: UInt32 = 0
  private var pendingBytes = 0
  /// Whether an escape was met that JSON does not have; reading stops there.
  private(set) var isMalformed = false

  init(_ raw: UnsafeRawBufferPointer) { self.raw = raw }

  mutating func next() -> UInt8? {
    if pendingBytes > 0 {
      let byte = UInt8(truncatingIfNeeded: pending)
      pending >>= 8
      pendingBytes -= 1
      return byte
    }
    guard index < raw.count, !isMalformed else { return nil }
    let byte = raw[index]
    index += 1
    return byte == 0x5c ? escape() : byte
  }

  private mutating func escape() -> UInt8? {
    guard index < raw.count else { return fail() }
    let mark = raw[index]
    index += 1
    switch mark {
    case 0x22, 0x5c, 0x2f: return mark
    case 0x62: return 0x08
    case 0x66: return 0x0c
    case 0x6e: return 0x0a
    case 0x72: return 0x0d
    case 0x74: return 0x09
    case 0x75:
      guard var scalar = hexDigits(at: index) else { return fail() }
      index += 4
      if scalar & 0xf800 == 0xd800 { scalar = pair(with: scalar) }
      return encode(scalar)
    default: return fail()
    }
  }

  /// The scalar of a surrogate pair; U+FFFD for a surrogate that has no partner.
  private mutating func pair(with high: UInt32) -> UInt32 {
    guard high < 0xdc00, index + 6 <= raw.count, raw[index] == 0x5c, raw[index + 1] == 0x75,
      let low = hexDigits(at: index + 2), low & 0xfc00 == 0xdc00
    else { return 0xfffd }
    index += 6
    return 0x10000 + (high - 0xd800) << 10 + (low - 0xdc00)
  }

  private func hexDigits(at start: Int) -> UInt32? {
    guard start + 4 <= raw.count else { return nil }
    var number: UInt32 = 0
    for offset in start..<(start + 4) {
      guard let digit = FieldRules.hexValue(raw[offset]) else { return nil }
      number = number << 4 | UInt32(digit)
    }
    return number
  }

  private mutating func encode(_ scalar: UInt32) -> UInt8? {
    switch scalar {
    case ..<0x80: return UInt8(scalar)
    case ..<0x800:
      pending = 0x80 | scalar & 0x3f
      pendingBytes = 1
      return UInt8(0xc0 | scalar >> 6)
    case ..<0x10000:
      pending = (0x80 | scalar >> 6 & 0x3f) | (0x80 | scalar & 0x3f) << 8
      pendingBytes = 2
      return UInt8(0xe0 | scalar >> 12)
    default:
      pending = (0x80 | scalar >> 12 & 0x3f) | (0x80 | scalar >> 6 & 0x3f) << 8 | (0x80 | scalar & 0x3f) << 16
      pendingBytes = 3
      return UInt8(0xf0 | scalar >> 18)
    }
  }

  private mutating func fail() -> UInt8? {
    isMalformed = true
    return nil
  }
}
