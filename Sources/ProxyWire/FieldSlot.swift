/// Where one field line stands in a head. Offsets count bytes from the first byte of the buffer that was
/// parsed, so a slot means something only together with that buffer.
public struct FieldSlot: Sendable, Equatable {
  /// Offset of the first byte of the name, which is also that of the line.
  public var nameStart: UInt32
  /// Offset of the first byte of the value, white space around it removed.
  public var valueStart: UInt32
  /// Bytes in the value, white space around it removed; may be zero.
  public var valueLength: UInt32
  /// Offset just past the CR LF of the line.
  public var lineEnd: UInt32
  /// Bytes in the name; never zero.
  public var nameLength: UInt16
  /// Which field it is.
  public var known: KnownField
  /// Whether the field concerns this connection only and must not be forwarded: one of RFC 9110 7.6.1's, or
  /// nominated by the message's `Connection` field.
  public var isHopByHop: Bool

  @usableFromInline
  init(
    nameStart: UInt32, valueStart: UInt32, valueLength: UInt32, lineEnd: UInt32, nameLength: UInt16,
    known: KnownField
  ) {
    self.nameStart = nameStart
    self.valueStart = valueStart
    self.valueLength = valueLength
    self.lineEnd = lineEnd
    self.nameLength = nameLength
    self.known = known
    self.isHopByHop = known.isHopByHop
  }

  /// Offset of the first byte of the line.
  @inlinable public var lineStart: UInt32 { nameStart }

  /// The bytes of the name, as received.
  @inlinable public var nameRange: Range<Int> {
    Range(uncheckedBounds: (Int(nameStart), Int(nameStart) + Int(nameLength)))
  }

  /// The bytes of the value without the white space around it.
  @inlinable public var valueRange: Range<Int> {
    Range(uncheckedBounds: (Int(valueStart), Int(valueStart) + Int(valueLength)))
  }

  /// The bytes of the whole line, CR LF included.
  @inlinable public var lineRange: Range<Int> {
    Range(uncheckedBounds: (Int(nameStart), Int(lineEnd)))
  }
}

extension FieldSlot {
  /// Parses the line that starts at `start`: `name ":" OWS value OWS CRLF`, nothing folded, nothing lenient.
  /// `end` bounds the reads.
  @inline(__always)
  static func parse(_ base: UnsafeRawPointer, from start: Int, to end: Int) throws(WireError) -> FieldSlot {
    let table = FieldRules.tokenTable
    // Nearly all names are letters, digits and marks; whatever else a token may hold is left to the table.
    var index = ByteScan.firstNotPlainName(base, from: start, to: end)
    while index < end, table[Int(base.load(fromByteOffset: index, as: UInt8.self))] != 0x20 { index &+= 1 }
    let nameLength = index &- start
    guard index < end, base.load(fromByteOffset: index, as: UInt8.self) == 0x3a, nameLength > 0,
      nameLength < 65_536
    else { throw nameFault(base, start, index, end) }
    index &+= 1
    while index < end, isBlank(base.load(fromByteOffset: index, as: UInt8.self)) { index &+= 1 }
    let valueStart = index
    let lineBreak = ByteScan.firstControl(base, from: index, to: end)
    guard lineBreak &+ 1 < end else { throw .incompleteHead }
    guard base.loadUnaligned(fromByteOffset: lineBreak, as: UInt16.self) == UInt16(littleEndian: 0x0a0d)
    else {
      throw valueFault(base, lineBreak)
    }
    var valueEnd = lineBreak
    while valueEnd > valueStart, isBlank(base.load(fromByteOffset: valueEnd &- 1, as: UInt8.self)) {
      valueEnd &-= 1
    }
    return FieldSlot(
      nameStart: UInt32(truncatingIfNeeded: start), valueStart: UInt32(truncatingIfNeeded: valueStart),
      valueLength: UInt32(truncatingIfNeeded: valueEnd &- valueStart),
      lineEnd: UInt32(truncatingIfNeeded: lineBreak &+ 2), nameLength: UInt16(truncatingIfNeeded: nameLength),
      known: FieldNames.recognise(token: base + start, length: nameLength))
  }

  /// The number in a `Content-Length`: digits only, at most what a signed 64-bit number holds. White space
  /// behind the digits must be spaces.
  func contentLength(in base: UnsafeRawPointer) throws(WireError) -> UInt64 {
    let value = UnsafeRawBufferPointer(start: base + Int(valueStart), count: Int(valueLength))
    guard !value.isEmpty, value.count <= 19 else { throw .badContentLength }
    var number: UInt64 = 0
    for byte in value {
      guard byte &- 0x30 < 10 else { throw .badContentLength }
      number = number &* 10 &+ UInt64(byte &- 0x30)
    }
    guard number <= UInt64(Int64.max) else { throw .badContentLength }
    for offset in valueRange.upperBound..<(Int(lineEnd) - 2)
    where base.load(fromByteOffset: offset, as: UInt8.self) != 0x20 { throw .badContentLength }
    return number
  }

  @inline(__always)
  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  @inline(never)
  private static func nameFault(_ base: UnsafeRawPointer, _ start: Int, _ index: Int, _ end: Int) -> WireError
  {
    guard index < end else { return .incompleteHead }
    guard isBlank(base.load(fromByteOffset: index, as: UInt8.self)) else { return .badFieldName }
    return index == start ? .foldedField : .spaceBeforeColon
  }

  @inline(never)
  private static func valueFault(_ base: UnsafeRawPointer, _ index: Int) -> WireError {
    switch base.load(fromByteOffset: index, as: UInt8.self) {
    case 0x0a: .bareLineFeed
    case 0x00: .nulByte
    default: .badFieldValue
    }
  }
}
