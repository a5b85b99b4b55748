/// Which bytes may stand where in a head (RFC 9110 5.5 and 5.6.2, RFC 3986), and comparisons that ignore the
/// case of ASCII letters.
///
/// A table holds one character for each of the 256 bytes, 32 to a line, so that it can be read; a space means
/// refused. The literal is constant memory: no initialiser runs, nothing is allocated. (The dot after the
/// last line only keeps white space at the end of a line out of the source.)
public enum FieldRules {
  /// For a byte that may stand in a token the same byte in lower case.
  @inline(__always)
  static var tokenTable: UnsafePointer<UInt8> {
    let table: StaticString = """
                                      \
       ! #$%&'  *+ -. 0123456789      \
       abcdefghijklmnopqrstuvwxyz   ^_\
      `abcdefghijklmnopqrstuvwxyz | ~ \
                                      \
                                      \
                                      \
                                      \
      .
      """
    return table.utf8Start
  }

  /// For a byte of a request target: `%` and `?` themselves, a dot for the others. Beyond RFC 3986 `[ ] { } |
  /// ^` are accepted: real clients send them unencoded, and nobody reads them differently.
  @inline(__always)
  static var targetTable: UnsafePointer<UInt8> {
    let table: StaticString = """
                                      \
       .  .%...................... . ?\
      ............................ ...\
       .............................. \
                                      \
                                      \
                                      \
                                      \
      .
      """
    return table.utf8Start
  }

  /// For a byte of a `Host` value: `: [ ]` themselves, a dot for the others.
  @inline(__always)
  static var hostTable: UnsafePointer<UInt8> {
    let table: StaticString = """
                                      \
       .  ........... ..........:. .  \
       ..........................[ ] .\
       ..........................   . \
                                      \
                                      \
                                      \
                                      \
      .
      """
    return table.utf8Start
  }
}

extension FieldRules {
  /// Whether the byte may stand in a token, such as a field name.
  @inlinable
  public static func isTokenByte(_ byte: UInt8) -> Bool {
    // Two words of one bit a byte: readable across modules without exporting the table.
    let bits: UInt64 = byte < 64 ? 0x03ff_6cfa_0000_0000 : byte < 128 ? 0x57ff_ffff_c7ff_fffe : 0
    return bits & (1 << UInt64(byte & 63)) != 0
  }

  /// Whether the bytes are one token: not empty, and nothing but token bytes.
  public static func isToken(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let table = tokenTable
    for byte in bytes where table[Int(byte)] == 0x20 { return false }
    return !bytes.isEmpty
  }

  /// Copies a token in lower case; false when it is none.
  public static func copyToken(
    from start: UnsafePointer<UInt8>, count: Int, to out: UnsafeMutablePointer<UInt8>
  ) -> Bool {
    let table = tokenTable
    var isToken = count > 0
    for index in 0..<max(0, count) {
      let byte = table[Int(start[index])]
      out[index] = byte
      isToken = isToken && byte != 0x20
    }
    return isToken
  }

  /// Whether the bytes may stand as a field value: no control byte but HTAB; bytes over 0x7F are allowed
  /// (obs-text). White space at either end is allowed here; a parser removes it.
  public static func isFieldValue(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let base = bytes.baseAddress else { return true }
    return ByteScan.firstControl(base, from: 0, to: bytes.count) == bytes.count
  }

  /// Whether both hold the same bytes, ASCII letters compared without regard to case.
  public static func equalsIgnoringCase(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
    guard a.count == b.count else { return false }
    for index in 0..<a.count where lowercased(a[index]) != lowercased(b[index]) { return false }
    return true
  }

  /// Whether the bytes equal an ASCII literal, letters compared without regard to case.
  public static func equalsIgnoringCase(_ a: UnsafeRawBufferPointer, _ literal: StaticString) -> Bool {
    equalsIgnoringCase(a, UnsafeRawBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
  }

  /// The byte in lower case when it is an ASCII letter, else the byte.
  @inlinable
  public static func lowercased(_ byte: UInt8) -> UInt8 {
    byte &- 0x41 < 26 ? byte | 0x20 : byte
  }

  /// Whether the bytes hold the member in a comma-separated list (RFC 9110 5.6.1), without regard to case.
  public static func list(_ list: UnsafeRawBufferPointer, contains member: StaticString) -> Bool {
    var start = 0
    while let range = nextMember(of: list, from: &start) {
      if equalsIgnoringCase(UnsafeRawBufferPointer(rebasing: list[range]), member) { return true }
    }
    return false
  }

  /// The next member of a comma-separated list that is not empty, white space removed, and moves `start`
  /// behind it. Quoted strings are not understood: a comma within one separates.
  public static func nextMember(of list: UnsafeRawBufferPointer, from start: inout Int) -> Range<Int>? {
    while start < list.count {
      var end = start
      while end < list.count, list[end] != 0x2c { end += 1 }
      var low = start
      var high = end
      start = end + 1
      while low < high, list[low] == 0x20 || list[low] == 0x09 { low += 1 }
      while high > low, list[high - 1] == 0x20 || list[high - 1] == 0x09 { high -= 1 }
      if low < high { return low..<high }
    }
    return nil
  }
}

extension FieldRules {
  /// The value of a hexadecimal digit in either case, or nil.
  @inline(__always)
  static func hexValue(_ byte: UInt8) -> UInt8? {
    let digit = byte &- 0x30
    if digit < 10 { return digit }
    let letter = (byte | 0x20) &- 0x61
    return letter < 6 ? letter &+ 10 : nil
  }

  /// Whether the bytes are an authority without user information (RFC 3986 3.2): a host, not empty, and maybe
  /// a port of one to five digits.
  static func isAuthority(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let first = bytes.first else { return false }
    let hostEnd = first == 0x5b ? addressEnd(bytes) : nameEnd(bytes)
    guard hostEnd > 0 else { return false }
    if hostEnd == bytes.count { return true }
    let digits = bytes.count - hostEnd - 1
    guard bytes[hostEnd] == 0x3a, digits >= 1, digits <= 5 else { return false }
    for index in (hostEnd + 1)..<bytes.count where bytes[index] &- 0x30 >= 10 { return false }
    return true
  }

  /// Offset behind a registered name or an IPv4 address.
  private static func nameEnd(_ bytes: UnsafeRawBufferPointer) -> Int {
    let table = hostTable
    var index = 0
    while index < bytes.count, table[Int(bytes[index])] == 0x2e { index += 1 }
    return index
  }

  /// Offset behind a bracketed IPv6 address, or zero. Only the alphabet is checked, not the grouping.
  private static func addressEnd(_ bytes: UnsafeRawBufferPointer) -> Int {
    var index = 1
    while index < bytes.count, bytes[index] == 0x3a || bytes[index] == 0x2e || hexValue(bytes[index]) != nil {
      index += 1
    }
    return index > 2 && index < bytes.count && bytes[index] == 0x5d ? index + 1 : 0
  }
}
