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

  /// The number of sixteen digits, given as two little-endian words of text; `nil` when one of them is no
  /// digit.
  ///
  /// A million rows have a hundred digits each: this is why they are read eight at a time.
  static func word(_ first: UInt64, _ second: UInt64) -> UInt64? {
    guard let high = eight(first), let low = eight(second) else { return nil }
    return high << 32 | low
  }

  private static func eight(_ text: UInt64) -> UInt64? {
    let ones: UInt64 = 0x0101_0101_0101_0101
    // Letters have bit 6, and their low nibble is 9 less than they are worth.
    let values = (text & (ones &* 0x0f)) &+ ((text >> 6) & ones) &* 9
    // Written again as digits, only digits are what they were.
    let isLetter = ((values &+ ones &* 6) >> 4) & ones
    guard values & (ones &* 0xf0) == 0, values &+ ones &* 0x30 &+ isLetter &* 39 == text else { return nil }
    var packed = (values << 4 | values >> 8) & 0x00ff_00ff_00ff_00ff
    packed = (packed | packed >> 8) & 0x0000_ffff_0000_ffff
    return UInt64(UInt32(truncatingIfNeeded: packed | packed >> 16).byteSwapped)
  }
}
