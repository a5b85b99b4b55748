/// Reads strict RFC 8259 JSON by position: each function takes the offset of a first byte and returns the
/// offset behind the last. No recursion, no allocation. Strings may hold any bytes but control characters
/// (UTF-8 is not checked) and any escape of the grammar, lone surrogates included.
struct JSONReader {
  let base: UnsafeRawPointer
  let end: Int

  @inline(__always)
  func byte(_ index: Int) -> UInt8 { base.load(fromByteOffset: index, as: UInt8.self) }

  /// Skips white space.
  @inline(__always)
  func blank(_ start: Int) -> Int {
    var index = start
    while index < end {
      let value = byte(index)
      if value > 0x20 || (value != 0x20 && value != 0x0a && value != 0x0d && value != 0x09) { break }
      index &+= 1
    }
    return index
  }

  /// A string, from its opening quote; says whether it holds a backslash.
  @inline(__always)
  func string(_ start: Int, hasEscapes: inout Bool) throws(JSONError) -> Int {
    guard start < end, byte(start) == 0x22 else { throw .malformed(offset: start) }
    var index = start &+ 1
    while true {
      index = ByteScan.firstStringStop(base, from: index, to: end)
      guard index < end else { throw .malformed(offset: end) }
      let stop = byte(index)
      if stop == 0x22 { return index &+ 1 }
      guard stop == 0x5c else { throw .malformed(offset: index) }
      hasEscapes = true
      index = try escape(index)
    }
  }

  /// An escape, from its backslash.
  private func escape(_ start: Int) throws(JSONError) -> Int {
    guard start &+ 1 < end else { throw .malformed(offset: end) }
    switch byte(start &+ 1) {
    case 0x22, 0x5c, 0x2f, 0x62, 0x66, 0x6e, 0x72, 0x74: return start &+ 2
    case 0x75:
      for index in (start &+ 2)..<(start &+ 6) {
        guard index < end, FieldRules.hexValue(byte(index)) != nil else {
          throw .malformed(offset: min(index, end))
        }
      }
      return start &+ 6
    default: throw .malformed(offset: start &+ 1)
    }
  }

  /// A number, from its sign or first digit.
  func number(_ start: Int) throws(JSONError) -> Int {
    var index = start
    if byte(index) == 0x2d { index &+= 1 }
    guard index < end else { throw .malformed(offset: end) }
    if byte(index) == 0x30 { index &+= 1 } else { index = try digits(index) }
    if index < end, byte(index) == 0x2e { index = try digits(index &+ 1) }
    if index < end, byte(index) | 0x20 == 0x65 {
      index &+= 1
      if index < end, byte(index) == 0x2b || byte(index) == 0x2d { index &+= 1 }
      index = try digits(index)
    }
    return index
  }

  private func digits(_ start: Int) throws(JSONError) -> Int {
    var index = start
    while index < end, byte(index) &- 0x30 < 10 { index &+= 1 }
    guard index > start else { throw .malformed(offset: start) }
    return index
  }

  /// `true`, `false` or `null`.
  private func word(_ start: Int, _ text: StaticString) throws(JSONError) -> Int {
    for index in 0..<text.utf8CodeUnitCount {
      guard start &+ index < end, byte(start &+ index) == text.utf8Start[index] else {
        throw .malformed(offset: start &+ index)
      }
    }
    return start &+ text.utf8CodeUnitCount
  }

  /// A value that is neither array nor object.
  @inline(__always)
  func scalar(_ start: Int) throws(JSONError) -> Int {
    switch byte(start) {
    case 0x22:
      var hasEscapes = false
      return try string(start, hasEscapes: &hasEscapes)
    case 0x2d, 0x30...0x39: return try number(start)
    case 0x74: return try word(start, "true")
    case 0x66: return try word(start, "false")
    case 0x6e: return try word(start, "null")
    default: throw .malformed(offset: start)
    }
  }

  /// A key, the colon and the white space around it; returns where the value starts.
  @inline(__always)
  func key(_ start: Int, hasEscapes: inout Bool) throws(JSONError) -> (keyEnd: Int, value: Int) {
    let keyEnd = try string(start, hasEscapes: &hasEscapes)
    let colon = blank(keyEnd)
    guard colon < end, byte(colon) == 0x3a else { throw .malformed(offset: colon) }
    return (keyEnd &- 1, blank(colon &+ 1))
  }
}

extension JSONReader {
  /// The open arrays and objects around a position: one bit each, set for an object.
  private struct Nesting {
    var low: UInt64 = 0
    var high: UInt64 = 0
    var depth = 0

    var isObject: Bool { low & 1 == 1 }

    mutating func push(isObject: Bool) {
      high = high &<< 1 | low &>> 63
      low = low &<< 1 | (isObject ? 1 : 0)
      depth &+= 1
    }

    mutating func pop() {
      low = low &>> 1 | high &<< 63
      high = high &>> 1
      depth &-= 1
    }
  }

  /// Any value, from its first byte.
  /// - Parameter depth: how many arrays and objects are open around it already.
  func value(_ start: Int, depth: Int) throws(JSONError) -> Int {
    var nesting = Nesting()
    var hasEscapes = false
    var index = start
    while true {
      // At the first byte of a value.
      guard index < end else { throw .malformed(offset: end) }
      let first = byte(index)
      if first == 0x7b || first == 0x5b {
        guard depth &+ nesting.depth < JSONText.deepest else { throw .tooDeep(offset: index) }
        let inside = blank(index &+ 1)
        guard inside < end else { throw .malformed(offset: end) }
        if byte(inside) == first &+ 2 {
          index = inside &+ 1
        } else {
          nesting.push(isObject: first == 0x7b)
          index = first == 0x7b ? try key(inside, hasEscapes: &hasEscapes).value : inside
          continue
        }
      } else {
        index = try scalar(index)
      }
      // Behind a value: close what closes here, until a comma asks for the next value.
      while true {
        if nesting.depth == 0 { return index }
        index = blank(index)
        guard index < end else { throw .malformed(offset: end) }
        let mark = byte(index)
        if mark == 0x2c {
          index = blank(index &+ 1)
          if nesting.isObject { index = try key(index, hasEscapes: &hasEscapes).value }
          break
        }
        guard mark == (nesting.isObject ? 0x7d : 0x5d) else { throw .malformed(offset: index) }
        nesting.pop()
        index &+= 1
      }
    }
  }
}
