/// JSON pointers (RFC 6901) over raw text.
public enum JSONPointer {
  /// The raw text of the value that a pointer names.
  /// - Parameters:
  ///   - pointer: empty for the whole text, else `/` before each reference; `~0` is `~` and `~1` is `/`.
  ///   - bytes: JSON that was validated before. Other bytes give nil or a range within `bytes`, never a trap.
  /// - Returns: nil when the pointer is malformed or names nothing. Of several members with the same key the
  ///   last is meant, as it is to most parsers that providers use.
  public static func resolve(
    _ pointer: UnsafeRawBufferPointer, in bytes: UnsafeRawBufferPointer
  ) -> Range<Int>? {
    guard let base = bytes.baseAddress else { return nil }
    let reader = JSONReader(base: base, end: bytes.count)
    do throws(JSONError) {
      var start = reader.blank(0)
      var end = try reader.value(start, depth: 0)
      var position = 0
      while position < pointer.count {
        guard pointer[position] == 0x2f else { return nil }
        var stop = position + 1
        while stop < pointer.count, pointer[stop] != 0x2f { stop += 1 }
        let reference = UnsafeRawBufferPointer(rebasing: pointer[(position + 1)..<stop])
        guard let found = try step(reader, into: start, reference) else { return nil }
        start = found.lowerBound
        end = found.upperBound
        position = stop
      }
      return start..<end
    } catch {
      return nil
    }
  }

  private static func step(
    _ reader: JSONReader, into start: Int, _ reference: UnsafeRawBufferPointer
  ) throws(JSONError) -> Range<Int>? {
    guard start < reader.end else { return nil }
    switch reader.byte(start) {
    case 0x7b: return try member(reader, start, reference)
    case 0x5b: return try element(reader, start, reference)
    default: return nil
    }
  }

  private static func member(
    _ reader: JSONReader, _ start: Int, _ reference: UnsafeRawBufferPointer
  ) throws(JSONError) -> Range<Int>? {
    let bytes = UnsafeRawBufferPointer(start: reader.base, count: reader.end)
    var found: Range<Int>?
    var index = reader.blank(start + 1)
    while index < reader.end, reader.byte(index) == 0x22 {
      var hasEscapes = false
      let (keyEnd, value) = try reader.key(index, hasEscapes: &hasEscapes)
      let valueEnd = try reader.value(value, depth: 0)
      if JSONText.key((index + 1)..<keyEnd, hasEscapes: hasEscapes, in: bytes, equalsReference: reference) {
        found = value..<valueEnd
      }
      index = reader.blank(valueEnd)
      guard index < reader.end, reader.byte(index) == 0x2c else { break }
      index = reader.blank(index + 1)
    }
    return found
  }

  private static func element(
    _ reader: JSONReader, _ start: Int, _ reference: UnsafeRawBufferPointer
  ) throws(JSONError) -> Range<Int>? {
    guard let wanted = arrayIndex(reference) else { return nil }
    var position = 0
    var index = reader.blank(start + 1)
    guard index < reader.end, reader.byte(index) != 0x5d else { return nil }
    while true {
      let end = try reader.value(index, depth: 0)
      if position == wanted { return index..<end }
      position += 1
      index = reader.blank(end)
      guard index < reader.end, reader.byte(index) == 0x2c else { return nil }
      index = reader.blank(index + 1)
    }
  }

  /// Digits without a leading zero; `-` (behind the last element) names nothing that can be read.
  private static func arrayIndex(_ reference: UnsafeRawBufferPointer) -> Int? {
    guard let first = reference.first, reference.count <= 9, first != 0x30 || reference.count == 1 else {
      return nil
    }
    var number = 0
    for byte in reference {
      guard byte &- 0x30 < 10 else { return nil }
      number = number * 10 + Int(byte - 0x30)
    }
    return number
  }
}
