/// One member of an object, as ranges of the bytes it was found in.
public struct JSONMember: Sendable, Equatable {
  /// The key between its quotes, escapes as written.
  public var key: Range<Int>
  /// Whether the key holds a backslash, so that its bytes are not yet its text.
  public var keyHasEscapes: Bool
  /// The value as written, without white space around it.
  public var value: Range<Int>

  @usableFromInline
  init(key: Range<Int>, keyHasEscapes: Bool, value: Range<Int>) {
    self.key = key
    self.keyHasEscapes = keyHasEscapes
    self.value = value
  }
}

/// An index of the members of a JSON object, made in one pass that validates the whole text.
///
/// Keep one and index into it again and again: it allocates only while it sees more members than ever before.
/// Duplicate keys are all in the index, in the order of the text.
public struct JSONMembers: Sendable {
  /// The members in the order of the text.
  public private(set) var members = ContiguousArray<JSONMember>()

  /// Makes an empty index.
  public init() {}

  /// Indexes a text that must be exactly one object and white space. After a throw the index is empty.
  /// Nothing about the text is assumed; see ``JSONText/validate(_:)`` for what is accepted.
  public mutating func index(_ bytes: UnsafeRawBufferPointer) throws(JSONError) {
    members.removeAll(keepingCapacity: true)
    do throws(JSONError) {
      try read(bytes)
    } catch {
      members.removeAll(keepingCapacity: true)
      throw error
    }
  }

  /// The raw text of a member's value.
  /// - Parameters:
  ///   - name: the key's text, unescaped.
  ///   - nth: which of several members with this key, counted from zero.
  ///   - bytes: what was indexed.
  public func value(
    named name: UnsafeRawBufferPointer, nth: Int = 0, in bytes: UnsafeRawBufferPointer
  ) -> Range<Int>? {
    var left = nth
    for member in members
    where JSONText.key(member.key, hasEscapes: member.keyHasEscapes, in: bytes, equals: name) {
      if left == 0 { return member.value }
      left -= 1
    }
    return nil
  }

  /// As ``value(named:nth:in:)`` with a literal key.
  public func value(
    named name: StaticString, nth: Int = 0, in bytes: UnsafeRawBufferPointer
  ) -> Range<Int>? {
    value(
      named: UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount), nth: nth, in: bytes
    )
  }

  /// The raw text of the last member with this key, which most parsers take when there are several.
  public func last(named name: StaticString, in bytes: UnsafeRawBufferPointer) -> Range<Int>? {
    let name = UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
    return members.last { JSONText.key($0.key, hasEscapes: $0.keyHasEscapes, in: bytes, equals: name) }?.value
  }

  /// How many members have this key.
  public func count(named name: UnsafeRawBufferPointer, in bytes: UnsafeRawBufferPointer) -> Int {
    var count = 0
    for member in members
    where JSONText.key(member.key, hasEscapes: member.keyHasEscapes, in: bytes, equals: name) { count += 1 }
    return count
  }

  private mutating func read(_ bytes: UnsafeRawBufferPointer) throws(JSONError) {
    guard let base = bytes.baseAddress else { throw .malformed(offset: 0) }
    let reader = JSONReader(base: base, end: bytes.count)
    var index = reader.blank(0)
    guard index < reader.end else { throw .malformed(offset: index) }
    guard reader.byte(index) == 0x7b else {
      try JSONText.validate(bytes)
      throw .notAnObject
    }
    index = reader.blank(index &+ 1)
    if index < reader.end, reader.byte(index) == 0x7d {
      index &+= 1
    } else {
      while true {
        var hasEscapes = false
        let (keyEnd, valueStart) = try reader.key(index, hasEscapes: &hasEscapes)
        let valueEnd = try reader.value(valueStart, depth: 1)
        members.append(
          JSONMember(
            key: Range(uncheckedBounds: (index &+ 1, keyEnd)), keyHasEscapes: hasEscapes,
            value: Range(uncheckedBounds: (valueStart, valueEnd))))
        index = reader.blank(valueEnd)
        guard index < reader.end else { throw .malformed(offset: index) }
        let mark = reader.byte(index)
        index &+= 1
        if mark == 0x7d { break }
        guard mark == 0x2c else { throw .malformed(offset: index &- 1) }
        index = reader.blank(index)
      }
    }
    index = reader.blank(index)
    guard index == reader.end else { throw .malformed(offset: index) }
  }
}

extension JSONMembers {
  /// The first member whose key is not `name` and yet is taken for it by a parser that ignores case, as Go's does,
  /// or whose texts end at a NUL, as those of C do.
  public func lookalike(of name: UnsafeRawBufferPointer, in bytes: UnsafeRawBufferPointer) -> JSONMember? {
    members.first { member in
      let key = UnsafeRawBufferPointer(rebasing: bytes[member.key])
      return Self.resembles(key, member.keyHasEscapes, name)
        && !JSONText.key(member.key, hasEscapes: member.keyHasEscapes, in: bytes, equals: name)
    }
  }

  /// How many members have this key or one that is taken for it, as `lookalike` says.
  public func count(resembling name: StaticString, in bytes: UnsafeRawBufferPointer) -> Int {
    let name = UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
    return members.count {
      Self.resembles(UnsafeRawBufferPointer(rebasing: bytes[$0.key]), $0.keyHasEscapes, name)
    }
  }

  private static func resembles(
    _ key: UnsafeRawBufferPointer, _ hasEscapes: Bool, _ name: UnsafeRawBufferPointer
  ) -> Bool {
    // Nearly all keys are told apart here: nothing that stands for a letter is shorter than it, and what stands
    // for the first one in another way begins with a backslash or beyond ASCII.
    guard key.count >= name.count, let first = key.first, let initial = name.first,
      first | 0x20 == initial | 0x20 || first == UInt8(ascii: "\\") || first >= 0x80
    else { return false }
    guard hasEscapes || key.count > name.count else { return FieldRules.equalsIgnoringCase(key, name) }
    guard hasEscapes || key.contains(where: { $0 >= 0x80 }) else { return false }
    var reader = JSONUnescaper(key)
    for byte in name {
      guard reader.nextFolded() == FieldRules.lowercased(byte) else { return false }
    }
    return (reader.next() ?? 0) == 0 && !reader.isMalformed
  }
}

extension JSONUnescaper {
  /// The next byte, letters in lower case. Two letters beyond ASCII have an ASCII letter for their lower or upper
  /// case: U+017F that of s, U+212A that of k.
  fileprivate mutating func nextFolded() -> UInt8? {
    guard let byte = next() else { return nil }
    var ahead = self
    if byte == 0xc5, ahead.next() == 0xbf {
      self = ahead
      return UInt8(ascii: "s")
    }
    if byte == 0xe2, ahead.next() == 0x84, ahead.next() == 0xaa {
      self = ahead
      return UInt8(ascii: "k")
    }
    return FieldRules.lowercased(byte)
  }
}
