/// The parsed first line of a request, and how it is parsed: `method SP target SP "HTTP/1." digit CRLF`.
struct RequestLine {
  var method: Method
  var minorVersion: UInt8
  var target: Range<Int>
  var path: Range<Int>
  var query: Range<Int>
  /// The authority of an absolute-form target; empty for the other forms.
  var authority: Range<Int>
  /// Offset of the first field line.
  var end: Int

  /// Parses the line at the start of a head whose last byte is LF. Every loop below stops at a LF, so that
  /// none needs to look where the head ends.
  static func parse(_ base: UnsafeRawPointer, count: Int) throws(WireError) -> RequestLine {
    var start = 0
    while start &+ 2 <= count, base.loadUnaligned(fromByteOffset: start, as: UInt16.self) == word16("\r\n") {
      start &+= 2
      if start > 2 * HeadScanner.mostEmptyLines { throw .tooManyEmptyLines }
    }
    // The shortest line is "GET / HTTP/1.1" CRLF, and an empty line follows it.
    guard count &- start >= 18 else { throw .malformedRequestLine }
    let (method, methodLength) = try self.method(base + start, count: count &- start)
    let target = start &+ methodLength &+ 1
    var line = RequestLine(
      method: method, minorVersion: 1, target: target..<target, path: target..<target, query: target..<target,
      authority: target..<target, end: 0)
    try line.readTarget(base, count: count)
    try line.readVersion(base, from: line.target.upperBound &+ 1, count: count)
    return line
  }

  /// At least 18 bytes are there.
  @inline(__always)
  private static func method(_ p: UnsafeRawPointer, count: Int) throws(WireError) -> (Method, Int) {
    let four = p.loadUnaligned(as: UInt32.self)
    if four == word32("POST"), p.load(fromByteOffset: 4, as: UInt8.self) == 0x20 { return (.post, 4) }
    if four == word32("GET ") { return (.get, 3) }
    let eight = p.loadUnaligned(as: UInt64.self)
    if eight == word64("OPTIONS ") { return (.options, 7) }
    if eight & UInt64(littleEndian: 0x00ff_ffff_ffff_ffff) == word64("DELETE \0") { return (.delete, 6) }
    if four == word32("HEAD"), p.load(fromByteOffset: 4, as: UInt8.self) == 0x20 { return (.head, 4) }
    if four == word32("PUT ") { return (.put, 3) }
    if eight & UInt64(littleEndian: 0x0000_ffff_ffff_ffff) == word64("PATCH \0\0") { return (.patch, 5) }
    throw methodFault(p, count)
  }

  @inline(never)
  private static func methodFault(_ p: UnsafeRawPointer, _ count: Int) -> WireError {
    var length = 0
    while length < count, FieldRules.isTokenByte(p.load(fromByteOffset: length, as: UInt8.self)) {
      length += 1
    }
    guard length > 0, length < count, p.load(fromByteOffset: length, as: UInt8.self) == 0x20 else {
      return .malformedRequestLine
    }
    // Known, and not allowed: TRACE would send the fields of the request back, credentials included, and nothing
    // here answers QUERY.
    let name = UnsafeRawBufferPointer(start: p, count: length)
    return name.elementsEqual("TRACE".utf8) || name.elementsEqual("QUERY".utf8)
      ? .refusedMethod : .unknownMethod
  }

  private mutating func readVersion(_ base: UnsafeRawPointer, from start: Int, count: Int) throws(WireError) {
    guard start &+ 10 <= count,
      base.loadUnaligned(fromByteOffset: start &+ 8, as: UInt16.self) == Self.word16("\r\n")
    else { throw .malformedRequestLine }
    let version = base.loadUnaligned(fromByteOffset: start, as: UInt64.self)
    if version == Self.word64("HTTP/1.0") {
      minorVersion = 0
    } else if version != Self.word64("HTTP/1.1") {
      throw Self.versionFault(base + start)
    }
    end = start &+ 10
  }

  @inline(never)
  static func versionFault(_ p: UnsafeRawPointer) -> WireError {
    let text = UnsafeRawBufferPointer(start: p, count: 8)
    let isVersion =
      p.loadUnaligned(as: UInt32.self) == word32("HTTP") && text[4] == 0x2f && text[5] &- 0x30 < 10
      && text[6] == 0x2e && text[7] &- 0x30 < 10
    return isVersion ? .unsupportedVersion : .malformedRequestLine
  }

  @inline(__always)
  static func word16(_ text: StaticString) -> UInt16 {
    UnsafeRawPointer(text.utf8Start).loadUnaligned(as: UInt16.self)
  }
  @inline(__always)
  static func word32(_ text: StaticString) -> UInt32 {
    UnsafeRawPointer(text.utf8Start).loadUnaligned(as: UInt32.self)
  }
  @inline(__always)
  static func word64(_ text: StaticString) -> UInt64 {
    UnsafeRawPointer(text.utf8Start).loadUnaligned(as: UInt64.self)
  }
}

extension RequestLine {
  /// Reads the target that starts at `target.lowerBound` and the space behind it.
  private mutating func readTarget(_ base: UnsafeRawPointer, count: Int) throws(WireError) {
    let start = target.lowerBound
    switch base.load(fromByteOffset: start, as: UInt8.self) {
    case 0x2f: try readPath(base, from: start, count: count)
    case 0x2a:
      guard method == .options, base.load(fromByteOffset: start &+ 1, as: UInt8.self) == 0x20 else {
        throw .badTarget
      }
      target = start..<(start &+ 1)
      path = target
      query = target.upperBound..<target.upperBound
    case 0x20: throw .malformedRequestLine
    default: try readAbsolute(base, count: count)
    }
  }

  /// Reads from `start`, where a path, a query or the end is, to the end of the target.
  private mutating func readPath(_ base: UnsafeRawPointer, from start: Int, count: Int) throws(WireError) {
    let table = FieldRules.targetTable
    var index = start
    while true {
      let kind = table[Int(base.load(fromByteOffset: index, as: UInt8.self))]
      if kind != 0x2e {
        if kind != 0x25 { break }
        try Self.checkEscape(base, at: index, count: count)
      }
      index &+= 1
    }
    path = start..<index
    query = index..<index
    if base.load(fromByteOffset: index, as: UInt8.self) == 0x3f {
      let queryStart = index &+ 1
      repeat { index &+= 1 } while table[Int(base.load(fromByteOffset: index, as: UInt8.self))] != 0x20
      query = queryStart..<index
    }
    let stop = base.load(fromByteOffset: index, as: UInt8.self)
    guard stop == 0x20 else {
      // The line ends here, so it has no version; any other byte is one that a target may not hold.
      let isLineEnd =
        stop == 0x0d && index &+ 1 < count && base.load(fromByteOffset: index &+ 1, as: UInt8.self) == 0x0a
      throw isLineEnd ? .malformedRequestLine : .badTarget
    }
    target = target.lowerBound..<index
  }

  /// An escape in a path is two hexadecimal digits, and not `00`.
  private static func checkEscape(_ base: UnsafeRawPointer, at index: Int, count: Int) throws(WireError) {
    guard index &+ 2 < count,
      let high = FieldRules.hexValue(base.load(fromByteOffset: index &+ 1, as: UInt8.self)),
      let low = FieldRules.hexValue(base.load(fromByteOffset: index &+ 2, as: UInt8.self)), high | low != 0
    else { throw .badTarget }
  }

  /// Absolute form: `http://authority[/path][?query]`; the authority has no user information.
  private mutating func readAbsolute(_ base: UnsafeRawPointer, count: Int) throws(WireError) {
    let start = target.lowerBound
    let rest = UnsafeRawBufferPointer(start: base + start, count: count &- start)
    var length = 0
    if rest.count > 7, FieldRules.equalsIgnoringCase(UnsafeRawBufferPointer(rebasing: rest[..<7]), "http://")
    {
      length = 7
    } else if rest.count > 8,
      FieldRules.equalsIgnoringCase(UnsafeRawBufferPointer(rebasing: rest[..<8]), "https://")
    {
      length = 8
    }
    guard length > 0 else { throw .badTarget }
    var end = length
    while end < rest.count, FieldRules.hostTable[Int(rest[end])] != 0x20 { end += 1 }
    authority = (start + length)..<(start + end)
    guard FieldRules.isAuthority(UnsafeRawBufferPointer(rebasing: rest[length..<end])) else {
      throw .badTarget
    }
    guard end < rest.count, rest[end] == 0x2f || rest[end] == 0x3f || rest[end] == 0x20 else {
      throw .badTarget
    }
    try readPath(base, from: start + end, count: count)
  }
}
