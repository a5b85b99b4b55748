/// A JSON recogniser by recursive descent, written from RFC 8259 and from nothing else. Exists to be compared
/// with.
public struct ReferenceJSON {
  /// A member of the outermost object: key and value as written, the key without quotes.
  public struct Member: Equatable, Sendable {
    /// The key as written, without its quotes.
    public var key: [UInt8]
    /// The value as written.
    public var value: [UInt8]
  }

  private let text: [UInt8]
  private var position = 0
  private var members: [Member] = []

  private init(_ text: [UInt8]) { self.text = text }

  /// Whether the text is one JSON value nested at most so deep.
  public static func accepts(_ text: [UInt8], deepest: Int = 128) -> Bool {
    var reader = ReferenceJSON(text)
    return reader.document(deepest)
  }

  /// The members of the outermost object, or nil when the text is no object.
  public static func members(_ text: [UInt8], deepest: Int = 128) -> [Member]? {
    var reader = ReferenceJSON(text)
    guard reader.document(deepest), text.first(where: { ![0x20, 0x09, 0x0a, 0x0d].contains($0) }) == 0x7b
    else {
      return nil
    }
    return reader.members
  }

  private var next: UInt8? { position < text.count ? text[position] : nil }

  private mutating func document(_ deepest: Int) -> Bool {
    blank()
    guard value(deepest, isOutermost: true) else { return false }
    blank()
    return position == text.count
  }

  private mutating func blank() {
    while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d { position += 1 }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    position += 1
    return true
  }

  private mutating func value(_ depth: Int, isOutermost: Bool = false) -> Bool {
    switch next {
    case 0x7b: depth > 0 && object(depth - 1, isOutermost)
    case 0x5b: depth > 0 && array(depth - 1)
    case 0x22: string()
    case 0x74: word("true")
    case 0x66: word("false")
    case 0x6e: word("null")
    default: number()
    }
  }

  private mutating func object(_ depth: Int, _ isOutermost: Bool) -> Bool {
    position += 1
    blank()
    if take(0x7d) { return true }
    repeat {
      blank()
      let keyStart = position
      guard string() else { return false }
      let key = Array(text[(keyStart + 1)..<(position - 1)])
      blank()
      guard take(0x3a) else { return false }
      blank()
      let valueStart = position
      guard value(depth) else { return false }
      if isOutermost { members.append(Member(key: key, value: Array(text[valueStart..<position]))) }
      blank()
    } while take(0x2c)
    return take(0x7d)
  }

  private mutating func array(_ depth: Int) -> Bool {
    position += 1
    blank()
    if take(0x5d) { return true }
    repeat {
      blank()
      guard value(depth) else { return false }
      blank()
    } while take(0x2c)
    return take(0x5d)
  }

  private mutating func string() -> Bool {
    guard take(0x22) else { return false }
    while let byte = next {
      position += 1
      if byte == 0x22 { return true }
      if byte < 0x20 { return false }
      if byte == 0x5c {
        guard let escape = next else { return false }
        position += 1
        if escape == UInt8(ascii: "u") {
          for _ in 0..<4 {
            guard let digit = next, "0123456789abcdefABCDEF".utf8.contains(digit) else { return false }
            position += 1
          }
        } else if !"\"\\/bfnrt".utf8.contains(escape) {
          return false
        }
      }
    }
    return false
  }

  private mutating func number() -> Bool {
    _ = take(0x2d)
    if !take(0x30) { guard digits() else { return false } }
    if take(0x2e) { guard digits() else { return false } }
    if take(0x65) || take(0x45) {
      if !take(0x2b) { _ = take(0x2d) }
      guard digits() else { return false }
    }
    return true
  }

  private mutating func digits() -> Bool {
    let start = position
    while let byte = next, byte >= 0x30, byte <= 0x39 { position += 1 }
    return position > start
  }

  private mutating func word(_ word: StaticString) -> Bool {
    for index in 0..<word.utf8CodeUnitCount { guard take(word.utf8Start[index]) else { return false } }
    return true
  }
}
