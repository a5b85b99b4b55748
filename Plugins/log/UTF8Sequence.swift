/// Well-formed UTF-8 (Unicode 3.9, table 3-7): bytes from outside may be anything, JSON may not.
enum UTF8Sequence {
  /// How many bytes the character of more than one byte at a position has; 0 when it is malformed.
  static func length(_ text: UnsafeRawBufferPointer, at position: Int) -> Int {
    let first = text[position]
    let length: Int
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch first {
    case 0xC2...0xDF: length = 2
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: length = 3
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF1...0xF3: length = 4
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    default: return 0
    }
    guard text.count - position >= length, second.contains(text[position + 1]) else { return 0 }
    for offset in 2..<max(length, 2) where text[position + offset] & 0xC0 != 0x80 { return 0 }
    return length
  }
}
