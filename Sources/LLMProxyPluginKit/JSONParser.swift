internal import CLLMProxyPlugin

/// A strict reader of JSON texts for settings. Written for correctness, not for speed.
struct JSONParser {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0
  private var depth = 0
  private static let maximalDepth = 64

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  mutating func document() throws(PluginFailure) -> JSONValue {
    let value = try value()
    skipSpace()
    if position < bytes.count { throw failure("more than one value") }
    return value
  }

  private mutating func value() throws(PluginFailure) -> JSONValue {
    skipSpace()
    switch peek {
    case UInt8(ascii: "{"): return try nested { parser throws(PluginFailure) in try parser.object() }
    case UInt8(ascii: "["): return try nested { parser throws(PluginFailure) in try parser.array() }
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func nested(
    _ body: (inout JSONParser) throws(PluginFailure) -> JSONValue
  ) throws(PluginFailure) -> JSONValue {
    depth += 1
    if depth > Self.maximalDepth { throw failure("more than \(Self.maximalDepth) levels") }
    position += 1
    let value = try body(&self)
    depth -= 1
    return value
  }

  private mutating func object() throws(PluginFailure) -> JSONValue {
    var members: [String: JSONValue] = [:]
    skipSpace()
    if take(UInt8(ascii: "}")) { return .object(members) }
    repeat {
      skipSpace()
      guard peek == UInt8(ascii: "\"") else { throw failure("a member's name is missing") }
      let name = try string()
      skipSpace()
      guard take(UInt8(ascii: ":")) else { throw failure("':' is missing after \"\(name)\"") }
      let value = try value()
      guard members.updateValue(value, forKey: name) == nil else {
        throw failure("\"\(name)\" is there twice")
      }
      skipSpace()
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "}")) else { throw failure("',' or '}' is missing") }
    return .object(members)
  }

  private mutating func array() throws(PluginFailure) -> JSONValue {
    var elements: [JSONValue] = []
    skipSpace()
    if take(UInt8(ascii: "]")) { return .array(elements) }
    repeat {
      elements.append(try value())
      skipSpace()
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "]")) else { throw failure("',' or ']' is missing") }
    return .array(elements)
  }

  private mutating func number() throws(PluginFailure) -> JSONValue {
    let start = position
    _ = take(UInt8(ascii: "-"))
    let first = peek
    let whole = digits()
    guard whole > 0, whole == 1 || first != UInt8(ascii: "0") else {
      throw failure("a value is missing")
    }
    var isWhole = true
    if take(UInt8(ascii: ".")) {
      isWhole = false
      guard digits() > 0 else { throw failure("digits are missing after '.'") }
    }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      isWhole = false
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      guard digits() > 0 else { throw failure("digits are missing in the exponent") }
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isWhole, let value = Int64(text) { return .integer(value) }
    guard let value = Double(text), value.isFinite else { throw failure("\(text) is out of range") }
    return .number(value)
  }

  private mutating func digits() -> Int {
    let start = position
    while let byte = peek, byte >= 0x30, byte <= 0x39 { position += 1 }
    return position - start
  }

  private mutating func word(
    _ text: StaticString, _ value: JSONValue
  ) throws(PluginFailure) -> JSONValue {
    for expected in text.description.utf8 where !take(expected) { throw failure("a value is missing") }
    return value
  }
}

extension JSONParser {
  private mutating func string() throws(PluginFailure) -> String {
    position += 1
    var text: [UInt8] = []
    while let byte = peek {
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: text, as: UTF8.self) else {
          throw failure("text is not UTF-8")
        }
        return string
      case UInt8(ascii: "\\"): try escape(into: &text)
      case 0..<0x20: throw failure("a control character in text must be escaped")
      default: text.append(byte)
      }
    }
    throw failure("text does not end")
  }

  private mutating func escape(into text: inout [UInt8]) throws(PluginFailure) {
    guard let byte = peek else { throw failure("text does not end") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"): text.append(contentsOf: String(try scalar()).utf8)
    default: throw failure("unknown escape")
    }
  }

  private mutating func scalar() throws(PluginFailure) -> Character {
    let first = try codeUnit()
    var value = first
    if first & 0xFC00 == 0xD800 {
      guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw failure("half a surrogate") }
      let second = try codeUnit()
      guard second & 0xFC00 == 0xDC00 else { throw failure("half a surrogate") }
      value = 0x10000 + (first & 0x3FF) << 10 + second & 0x3FF
    }
    guard let scalar = Unicode.Scalar(value) else { throw failure("half a surrogate") }
    return Character(scalar)
  }

  private mutating func codeUnit() throws(PluginFailure) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
        throw failure("four hexadecimal digits must follow \\u")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard peek == byte else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
  }

  private func failure(_ problem: String) -> PluginFailure {
    PluginFailure("not valid JSON at byte \(position): \(problem)", code: LLMP_E_INVALID)
  }
}
