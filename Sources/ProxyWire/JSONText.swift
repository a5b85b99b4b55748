/// Why bytes are not the JSON that was asked for. Offsets count bytes from the first one given.
public enum JSONError: Error, Equatable, Sendable {
  /// The text is valid so far as it was read, but its value is not an object.
  case notAnObject
  /// The byte at the offset can not stand there; an offset equal to the number of bytes means the text ended
  /// early.
  case malformed(offset: Int)
  /// Arrays and objects are nested deeper than ``JSONText/deepest``.
  case tooDeep(offset: Int)
}

/// Small questions and answers about raw JSON text.
public enum JSONText {
  /// How deep arrays and objects may be nested.
  public static var deepest: Int { 128 }

  /// What a raw value is.
  public enum Kind: UInt8, Sendable {
    case string, number, object, array, `true`, `false`, null
  }

  /// Checks that the bytes are exactly one JSON value and white space, by RFC 8259 without any extension: no
  /// byte order mark, no control characters in strings, at most ``deepest`` levels. Whether strings are valid
  /// UTF-8 is not checked, nor whether surrogate escapes pair up.
  public static func validate(_ bytes: UnsafeRawBufferPointer) throws(JSONError) {
    guard let base = bytes.baseAddress else { throw .malformed(offset: 0) }
    let reader = JSONReader(base: base, end: bytes.count)
    let end = reader.blank(try reader.value(reader.blank(0), depth: 0))
    guard end == bytes.count else { throw .malformed(offset: end) }
  }

  /// What kind of value a valid raw text is, judged by its first byte; nil when it can not be one.
  @inlinable
  public static func kind(_ raw: UnsafeRawBufferPointer) -> Kind? {
    guard let first = raw.first else { return nil }
    switch first {
    case 0x22: return .string
    case 0x7b: return .object
    case 0x5b: return .array
    case 0x74: return .true
    case 0x66: return .false
    case 0x6e: return .null
    case 0x2d, 0x30...0x39: return .number
    default: return nil
    }
  }

  /// Whether the raw text is `true`.
  @inlinable
  public static func isTrue(_ raw: UnsafeRawBufferPointer) -> Bool {
    raw.count == 4 && raw[0] == 0x74 && raw[1] == 0x72 && raw[2] == 0x75 && raw[3] == 0x65
  }

  /// Whether the raw text is `null`.
  @inlinable
  public static func isNull(_ raw: UnsafeRawBufferPointer) -> Bool {
    raw.count == 4 && raw[0] == 0x6e && raw[1] == 0x75 && raw[2] == 0x6c && raw[3] == 0x6c
  }

  /// The number when the raw text is an integer without fraction and exponent that 64 bits hold, else nil.
  public static func integer(_ raw: UnsafeRawBufferPointer) -> Int64? {
    guard let first = raw.first else { return nil }
    let isNegative = first == 0x2d
    let digits = UnsafeRawBufferPointer(rebasing: raw[(isNegative ? 1 : 0)...])
    guard let lead = digits.first, lead != 0x30 || digits.count == 1 else { return nil }
    // Counted downwards, because there is one more negative number than positive ones.
    var number: Int64 = 0
    for byte in digits {
      guard byte &- 0x30 < 10 else { return nil }
      let (tens, isTooLarge) = number.multipliedReportingOverflow(by: 10)
      let (next, isTooLargeToo) = tens.subtractingReportingOverflow(Int64(byte &- 0x30))
      if isTooLarge || isTooLargeToo { return nil }
      number = next
    }
    if isNegative { return number }
    return number == .min ? nil : -number
  }
}
