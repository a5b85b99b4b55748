/// Searches 16 bytes at a time. Every function returns the index of the first hit, or `end`, and reads only
/// `[start, end)`.
enum ByteScan {
  typealias Block = SIMD16<UInt8>

  /// The first control byte: below 0x20 but not HTAB, or DEL.
  @inline(__always)
  static func firstControl(_ p: UnsafeRawPointer, from start: Int, to end: Int) -> Int {
    first(
      p, start, end,
      block: {
        ($0 .< Block(repeating: 0x20)) .& ($0 .!= Block(repeating: 0x09)) .| ($0 .== Block(repeating: 0x7f))
      },
      byte: { ($0 < 0x20 && $0 != 0x09) || $0 == 0x7f })
  }

  /// The first byte that is neither letter, digit, `-` nor `_`: of a field name usually the colon.
  @inline(__always)
  static func firstNotPlainName(_ p: UnsafeRawPointer, from start: Int, to end: Int) -> Int {
    first(
      p, start, end,
      block: {
        let isLetter = (($0 | Block(repeating: 0x20)) &- Block(repeating: 0x61)) .< Block(repeating: 26)
        let isDigit = ($0 &- Block(repeating: 0x30)) .< Block(repeating: 10)
        let isMark = ($0 .== Block(repeating: 0x2d)) .| ($0 .== Block(repeating: 0x5f))
        return .!(isLetter .| isDigit .| isMark)
      },
      byte: { !(($0 | 0x20) &- 0x61 < 26 || $0 &- 0x30 < 10 || $0 == 0x2d || $0 == 0x5f) })
  }

  /// The first LF or NUL.
  @inline(__always)
  static func firstLineFeedOrNUL(_ p: UnsafeRawPointer, from start: Int, to end: Int) -> Int {
    first(
      p, start, end, block: { ($0 .== Block(repeating: 0x0a)) .| ($0 .== Block(repeating: 0)) },
      byte: { $0 == 0x0a || $0 == 0 })
  }

  /// The first LF or CR.
  @inline(__always)
  static func firstLineEnd(_ p: UnsafeRawPointer, from start: Int, to end: Int) -> Int {
    first(
      p, start, end, block: { ($0 .== Block(repeating: 0x0a)) .| ($0 .== Block(repeating: 0x0d)) },
      byte: { $0 == 0x0a || $0 == 0x0d })
  }

  /// The first byte that ends a run of plain characters in a JSON string: quote, backslash or control byte.
  @inline(__always)
  static func firstStringStop(_ p: UnsafeRawPointer, from start: Int, to end: Int) -> Int {
    first(
      p, start, end,
      block: {
        ($0 .== Block(repeating: 0x22)) .| ($0 .== Block(repeating: 0x5c)) .| ($0 .< Block(repeating: 0x20))
      },
      byte: { $0 == 0x22 || $0 == 0x5c || $0 < 0x20 })
  }

  /// The first bracket or brace of either kind, or quote. Setting bit 0x20 makes braces of brackets and no
  /// other byte.
  @inline(__always)
  static func firstBracketOrQuote(_ p: UnsafeRawPointer, from start: Int, to end: Int) -> Int {
    first(
      p, start, end,
      block: {
        let folded = $0 | Block(repeating: 0x20)
        return (folded .== Block(repeating: 0x7b)) .| (folded .== Block(repeating: 0x7d))
          .| ($0 .== Block(repeating: 0x22))
      },
      byte: { $0 | 0x20 == 0x7b || $0 | 0x20 == 0x7d || $0 == 0x22 })
  }

  @inline(__always)
  private static func first(
    _ p: UnsafeRawPointer, _ start: Int, _ end: Int,
    block: (Block) -> SIMDMask<SIMD16<Int8>>, byte: (UInt8) -> Bool
  ) -> Int {
    var index = start
    while index &+ 16 <= end {
      let mask = unsafeBitCast(
        block(p.loadUnaligned(fromByteOffset: index, as: Block.self)), to: SIMD2<UInt64>.self)
      if mask[0] | mask[1] != 0 {
        // A hit is a byte of ones, and on every platform we run on the first byte is the lowest one.
        return mask[0] != 0
          ? index &+ mask[0].trailingZeroBitCount &>> 3 : index &+ 8 &+ mask[1].trailingZeroBitCount &>> 3
      }
      index &+= 16
    }
    while index < end, !byte(p.load(fromByteOffset: index, as: UInt8.self)) { index &+= 1 }
    return index
  }
}
