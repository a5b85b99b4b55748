internal import LLMProxyPluginKit

/// One JSON object on one line, written into memory that is lent. What does not fit is left out;
/// the text is valid JSON whatever comes in.
struct JSONLine: ~Copyable {
  private let memory: UnsafeMutableRawBufferPointer
  private var used = 0

  /// Enough for every field that the log has, each at its limit.
  static let capacity = 8192

  /// The memory must hold `capacity` bytes and outlive the line.
  init(_ memory: UnsafeMutableRawBufferPointer) {
    self.memory = memory
    put(UInt8(ascii: "{"))
  }

  /// Lends a new line on memory of its own; for what happens rarely.
  static func withLine(_ body: (inout JSONLine) -> Void) {
    withUnsafeTemporaryAllocation(byteCount: capacity, alignment: 1) { memory in
      var line = JSONLine(memory)
      body(&line)
    }
  }

  /// Closes the object and ends the line; nothing may be added after it.
  mutating func finish() -> UnsafeRawBufferPointer {
    put(UInt8(ascii: "}"))
    put(UInt8(ascii: "\n"))
    return UnsafeRawBufferPointer(rebasing: memory[..<used])
  }

  /// A member whose value needs no escaping.
  mutating func add(_ key: StaticString, literal: StaticString) {
    begin(key)
    put(UInt8(ascii: "\""))
    put(literal)
    put(UInt8(ascii: "\""))
  }

  /// A member with bytes from outside, escaped; empty ones are left out.
  ///
  /// - Parameter limit: bytes of escaped text; what is longer ends with an ellipsis.
  mutating func add(_ key: StaticString, _ text: UnsafeRawBufferPointer, limit: Int) {
    if text.isEmpty { return }
    begin(key)
    put(UInt8(ascii: "\""))
    escape(text, end: used + limit)
    put(UInt8(ascii: "\""))
  }

  mutating func add(_ key: StaticString, _ value: Bool) {
    begin(key)
    put(value ? "true" : "false")
  }

  mutating func add(_ key: StaticString, _ value: UInt64) {
    begin(key)
    number(value)
  }

  /// Microseconds as milliseconds with three decimals.
  mutating func add(_ key: StaticString, microseconds: UInt64) {
    begin(key)
    number(microseconds / 1000)
    let rest = microseconds % 1000
    if rest == 0 { return }
    put(UInt8(ascii: "."))
    digits(rest, width: 3)
  }

  /// Milliseconds since 1970 as RFC 3339 in UTC.
  mutating func add(_ key: StaticString, timestamp: Int64) {
    let time = CivilTime(unixMilliseconds: timestamp)
    begin(key)
    put(UInt8(ascii: "\""))
    digits(time.year, width: 4)
    put("-")
    digits(time.month, width: 2)
    put("-")
    digits(time.day, width: 2)
    put("T")
    digits(time.hour, width: 2)
    put(":")
    digits(time.minute, width: 2)
    put(":")
    digits(time.second, width: 2)
    put(".")
    digits(time.millisecond, width: 3)
    put("Z\"")
  }
}

extension JSONLine {
  /// `,"key":` in one piece.
  private mutating func begin(_ key: StaticString) {
    let length = key.utf8CodeUnitCount
    guard memory.count - used >= length + 4 else { return }
    // The object has just begun: no comma.
    if used > 1 { store(UInt8(ascii: ",")) }
    store(UInt8(ascii: "\""))
    key.withUTF8Buffer { copy(UnsafeRawBufferPointer($0)) }
    store(UInt8(ascii: "\""))
    store(UInt8(ascii: ":"))
  }

  private mutating func put(_ byte: UInt8) {
    // The limits of the fields make this true for all lines that the log writes.
    if used < memory.count { store(byte) }
  }

  private mutating func put(_ text: StaticString) {
    text.withUTF8Buffer { put(UnsafeRawBufferPointer($0)) }
  }

  @inline(__always)
  private mutating func put(_ bytes: UnsafeRawBufferPointer) {
    if memory.count - used >= bytes.count { copy(bytes) }
  }

  /// There is room.
  @inline(__always)
  private mutating func store(_ byte: UInt8) {
    memory[used] = byte
    used += 1
  }

  /// There is room.
  @inline(__always)
  private mutating func copy(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress, let target = memory.baseAddress else { return }
    (target + used).copyMemory(from: source, byteCount: bytes.count)
    used += bytes.count
  }

  private mutating func number(_ value: UInt64) {
    var width = 1
    var rest = value
    while rest >= 10 {
      rest /= 10
      width += 1
    }
    digits(value, width: width)
  }

  private mutating func digits(_ value: UInt64, width: Int) {
    guard memory.count - used >= width else { return }
    var rest = value
    for offset in (0..<width).reversed() {
      memory[used + offset] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
    used += width
  }

  private mutating func escape(_ text: UnsafeRawBufferPointer, end: Int) {
    var position = 0
    while position < text.count {
      // Nearly everything is a run of bytes that go as they are.
      let run = position
      while position + 16 <= text.count, Self.isPlain(text, at: position) { position += 16 }
      while position < text.count, Self.isPlain(text[position]) { position += 1 }
      let room = end - used
      put(UnsafeRawBufferPointer(rebasing: text[run..<min(position, run + room)]))
      if position - run > room { return put("…") }
      if position == text.count { return }

      let start = used
      let length = UTF8Sequence.length(text, at: position)
      if length > 0 {
        put(UnsafeRawBufferPointer(rebasing: text[position..<position + length]))
      } else if text[position] >= 0x80 {
        put("\u{FFFD}")
      } else {
        escape(ascii: text[position])
      }
      position += max(length, 1)
      if used > end {
        used = start
        return put("…")
      }
    }
  }

  /// Whether sixteen bytes can go as they are.
  @inline(__always)
  private static func isPlain(_ text: UnsafeRawBufferPointer, at position: Int) -> Bool {
    typealias Block = SIMD16<UInt8>
    let bytes = text.loadUnaligned(fromByteOffset: position, as: Block.self)
    // What lies below 0x20 wraps round to above 0x5E, and so does what is above 0x7E.
    let isOdd =
      ((bytes &- Block(repeating: 0x20)) .> Block(repeating: 0x5e)) .| (bytes .== Block(repeating: 0x22))
      .| (bytes .== Block(repeating: 0x5c))
    let mask = unsafeBitCast(isOdd, to: SIMD2<UInt64>.self)
    return mask[0] | mask[1] == 0
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
  }

  private mutating func escape(ascii byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""): put("\\\"")
    case UInt8(ascii: "\\"): put("\\\\")
    case 0..<0x20, 0x7F:
      put("\\u00")
      put(byte >> 4 + UInt8(ascii: "0"))
      let low = byte & 0xF
      put(low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") - 10 + low)
    default: put(byte)
    }
  }
}
