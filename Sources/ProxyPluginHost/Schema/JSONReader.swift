/// Reads one strict RFC 8259 text; refuses repeated member names, since nobody can say which one counts.
struct JSONReader {
  /// Why and where a text is not JSON.
  struct Failure: Error, Equatable, CustomStringConvertible {
    var offset: Int
    var problem: String
    var description: String { "\(problem) at byte \(offset)" }
  }

  private static let depthLimit = 64
  private let bytes: [UInt8]
  private var position = 0

  /// The value of a whole text.
  static func read(_ text: String) throws(Failure) -> JSONValue {
    var reader = JSONReader(bytes: Array(text.utf8))
    let value = try reader.value(depth: 0)
    reader.skipSpace()
    guard reader.position == reader.bytes.count else { throw reader.failure("text after the value") }
    return value
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private func failure(_ problem: String) -> Failure { Failure(offset: position, problem: problem) }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  private mutating func expect(_ word: StaticString, _ value: JSONValue) throws(Failure) -> JSONValue {
    for index in 0..<word.utf8CodeUnitCount {
      guard next == word.utf8Start[index] else { throw failure("not a JSON value") }
      position += 1
    }
    return value
  }

  private mutating func value(depth: Int) throws(Failure) -> JSONValue {
    guard depth < Self.depthLimit else { throw failure("nesting deeper than \(Self.depthLimit)") }
    skipSpace()
    switch next {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try expect("true", .bool(true))
    case UInt8(ascii: "f"): return try expect("false", .bool(false))
    case UInt8(ascii: "n"): return try expect("null", .null)
    case nil: throw failure("the text ends early")
    default: return try number()
    }
  }

  private mutating func object(depth: Int) throws(Failure) -> JSONValue {
    position += 1
    var members: [JSONValue.Member] = []
    var names: Set<String> = []
    skipSpace()
    if next == UInt8(ascii: "}") {
      position += 1
      return .object([])
    }
    while true {
      skipSpace()
      guard next == UInt8(ascii: "\"") else { throw failure("expected a member name") }
      let start = position
      let name = try string()
      guard names.insert(name).inserted else {
        throw Failure(offset: start, problem: "member \"\(name)\" repeats")
      }
      skipSpace()
      guard next == UInt8(ascii: ":") else { throw failure("expected \":\"") }
      position += 1
      members.append(JSONValue.Member(name: name, value: try value(depth: depth + 1)))
      if try isEnd(UInt8(ascii: "}")) { return .object(members) }
    }
  }

  private mutating func array(depth: Int) throws(Failure) -> JSONValue {
    position += 1
    var items: [JSONValue] = []
    skipSpace()
    if next == UInt8(ascii: "]") {
      position += 1
      return .array([])
    }
    while true {
      items.append(try value(depth: depth + 1))
      if try isEnd(UInt8(ascii: "]")) { return .array(items) }
    }
  }

  /// Consumes a comma or the closing byte; says which it was.
  private mutating func isEnd(_ closing: UInt8) throws(Failure) -> Bool {
    skipSpace()
    guard let byte = next else { throw failure("the text ends early") }
    guard byte == closing || byte == UInt8(ascii: ",") else { throw failure("expected \",\"") }
    position += 1
    return byte == closing
  }

  private mutating func number() throws(Failure) -> JSONValue {
    let start = position
    if next == UInt8(ascii: "-") { position += 1 }
    let firstDigit = next
    guard digits() > 0 else {
      position = start
      throw failure("not a JSON value")
    }
    let wholeEnd = position
    let sign = bytes[start] == UInt8(ascii: "-") ? 1 : 0
    guard firstDigit != UInt8(ascii: "0") || wholeEnd - start - sign == 1 else {
      throw failure("a number with a leading zero")
    }
    var isWhole = true
    if next == UInt8(ascii: ".") {
      position += 1
      isWhole = false
      guard digits() > 0 else { throw failure("expected a digit") }
    }
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      position += 1
      isWhole = false
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
      guard digits() > 0 else { throw failure("expected a digit") }
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isWhole, let integer = Int64(text) { return .integer(integer) }
    guard let double = Double(text), double.isFinite else { throw failure("a number out of range") }
    return .number(double)
  }

  private mutating func digits() -> Int {
    let start = position
    while let byte = next, (0x30...0x39).contains(byte) { position += 1 }
    return position - start
  }

  private mutating func string() throws(Failure) -> String {
    position += 1
    var text: [UInt8] = []
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        guard let string = String(validating: text, as: UTF8.self) else { throw failure("not UTF-8") }
        return string
      case UInt8(ascii: "\\"):
        position += 1
        try escape(into: &text)
      case 0..<0x20:
        throw failure("a control character in a string")
      default:
        text.append(byte)
        position += 1
      }
    }
    throw failure("the text ends inside a string")
  }

  private mutating func escape(into text: inout [UInt8]) throws(Failure) {
    guard let byte = next else { throw failure("the text ends inside a string") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"): text.append(contentsOf: String(try scalar()).utf8)
    default: throw failure("an unknown escape")
    }
  }

  private mutating func scalar() throws(Failure) -> Character {
    let high = try codeUnit()
    if let scalar = Unicode.Scalar(high) { return Character(scalar) }
    guard (0xD800...0xDBFF).contains(high), next == UInt8(ascii: "\\") else {
      throw failure("half a surrogate pair")
    }
    position += 1
    guard next == UInt8(ascii: "u") else { throw failure("half a surrogate pair") }
    position += 1
    let low = try codeUnit()
    guard (0xDC00...0xDFFF).contains(low) else { throw failure("half a surrogate pair") }
    let value = 0x10000 + (UInt32(high - 0xD800) << 10) + UInt32(low - 0xDC00)
    guard let scalar = Unicode.Scalar(value) else { throw failure("half a surrogate pair") }
    return Character(scalar)
  }

  private mutating func codeUnit() throws(Failure) -> UInt16 {
    var value: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw failure("expected four hexadecimal digits")
      }
      value = value << 4 | UInt16(digit)
      position += 1
    }
    return value
  }
}
