/// The 128 bits of an id whose text is a lower-case UUID; lets a million ids do without a `String` each.
struct UUIDBits: Sendable, Equatable {
  /// First eight bytes, big-endian.
  var high: UInt64
  /// Last eight bytes, big-endian.
  var low: UInt64
}

/// UUID text in its canonical lower-case form, `8-4-4-4-12`.
enum UUIDText {
  static let length = 36

  /// A new random id (version 4) from the system's cryptographic generator.
  static func random() -> String {
    var generator = SystemRandomNumberGenerator()
    return string(
      UUIDBits(
        high: (generator.next() & 0xffff_ffff_ffff_0fff) | 0x4000,
        low: (generator.next() & 0x3fff_ffff_ffff_ffff) | 0x8000_0000_0000_0000))
  }

  /// The text of `bits`.
  static func string(_ bits: UUIDBits) -> String {
    String(unsafeUninitializedCapacity: length) { out in
      write(bits, to: UnsafeMutableRawBufferPointer(out))
      return length
    }
  }

  /// Writes 36 bytes to `out`, which must have room for them.
  static func write(_ bits: UUIDBits, to out: UnsafeMutableRawBufferPointer) {
    var at = 0
    for index in 0..<16 {
      if index == 4 || index == 6 || index == 8 || index == 10 {
        out[at] = UInt8(ascii: "-")
        at += 1
      }
      let word = index < 8 ? bits.high : bits.low
      let byte = UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * (index & 7)))
      out[at] = HexDigit.lower(byte >> 4)
      out[at + 1] = HexDigit.lower(byte & 15)
      at += 2
    }
  }

  /// Reads canonical lower-case text; `nil` for anything else, which then has to be kept as text.
  static func parse(_ text: UnsafeRawBufferPointer) -> UUIDBits? {
    guard text.count == length else { return nil }
    var words: (UInt64, UInt64) = (0, 0)
    var digits = 0
    for at in 0..<length {
      if at == 8 || at == 13 || at == 18 || at == 23 {
        guard text[at] == UInt8(ascii: "-") else { return nil }
        continue
      }
      guard let nibble = HexDigit.value(text[at]) else { return nil }
      if digits < 16 { words.0 = words.0 << 4 | UInt64(nibble) } else { words.1 = words.1 << 4 | UInt64(nibble) }
      digits += 1
    }
    return UUIDBits(high: words.0, low: words.1)
  }
}

/// Lower-case hexadecimal digits.
enum HexDigit {
  static func lower(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 48 + nibble : 87 + nibble }

  static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 48...57: digit - 48
    case 97...102: digit - 87
    default: nil
    }
  }
}
