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
    guard text.count == length, text[8] == hyphen, text[13] == hyphen, text[18] == hyphen, text[23] == hyphen
    else { return nil }
    func digits(_ first: Int, _ second: Int, _ third: Int, _ fourth: Int) -> UInt64? {
      func pair(_ first: Int, _ second: Int) -> UInt64 {
        UInt64(text.loadUnaligned(fromByteOffset: first, as: UInt32.self).littleEndian)
          | UInt64(text.loadUnaligned(fromByteOffset: second, as: UInt32.self).littleEndian) << 32
      }
      return HexDigit.word(pair(first, second), pair(third, fourth))
    }
    guard let high = digits(0, 4, 9, 14), let low = digits(19, 24, 28, 32) else { return nil }
    return UUIDBits(high: high, low: low)
  }

  private static let hyphen = UInt8(ascii: "-")
}
