/// Reads the first JSON value of a text, strictly by RFC 8259, in bounded depth.
///
/// What follows the first value is not looked at, as the Go program's decoder does it.
public struct JSONReader {
  /// Why a text is not accepted.
  public enum Failure: Error, Equatable {
    /// Not JSON; the offset is where reading stopped.
    case malformed(offset: Int)
    /// Nested deeper than `maximumDepth`.
    case tooDeep
    /// A string is not valid UTF-8, or escapes half of a surrogate pair.
    case invalidText(offset: Int)
  }

  /// Arrays and objects may be nested this deep.
  public static let maximumDepth = 64

  private let bytes: UnsafeRawBufferPointer
  private var at = 0

  private init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
  }

  /// The first value of `text`. Throws when there is none or it is not valid.
  public static func firstValue(of text: [UInt8]) throws(Failure) -> JSONValue {
    // `Array.withUnsafeBytes` cannot throw a typed error.
    let result = text.withUnsafeBytes { (buffer) -> Result<JSONValue, Failure> in
      var reader = JSONReader(buffer)
      return Result { () throws(Failure) in try reader.value(depth: 0) }
    }
    return try result.get()
  }

  /// The value of `text`, which holds nothing else. Throws when there is none, more than one, or it is not valid.
  public static func onlyValue(of text: [UInt8]) throws(Failure) -> JSONValue {
    let result = text.withUnsafeBytes { (buffer) -> Result<JSONValue, Failure> in
      var reader = JSONReader(buffer)
      return Result { () throws(Failure) in
        let value = try reader.value(depth: 0)
        reader.skipSpace()
        guard reader.at == buffer.count else { throw .malformed(offset: reader.at) }
        return value
      }
    }
    return try result.get()
  }

  private mutating func value(depth: Int) throws(Failure) -> JSONValue {
    skipSpace()
    guard at < bytes.count else { throw .malformed(offset: at) }
    switch bytes[at] {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return .number(try number())
    }
  }

  private mutating func object(depth: Int) throws(Failure) -> JSONValue {
    guard depth < Self.maximumDepth else { throw .tooDeep }
    at += 1
    var members: [JSONValue.Member] = []
    skipSpace()
    if skip("}") { return .object(members) }
    repeat {
      skipSpace()
      guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else { throw .malformed(offset: at) }
      let name = try string()
      skipSpace()
      guard skip(":") else { throw .malformed(offset: at) }
      members.append(.init(name: name, value: try value(depth: depth + 1)))
      skipSpace()
    } while skip(",")
    guard skip("}") else { throw .malformed(offset: at) }
    return .object(members)
  }

  private mutating func array(depth: Int) throws(Failure) -> JSONValue {
    guard depth < Self.maximumDepth else { throw .tooDeep }
    at += 1
    var elements: [JSONValue] = []
    skipSpace()
    if skip("]") { return .array(elements) }
    repeat {
      elements.append(try value(depth: depth + 1))
      skipSpace()
    } while skip(",")
    guard skip("]") else { throw .malformed(offset: at) }
    return .array(elements)
  }

  private mutating func word(_ text: StaticString, _ meaning: JSONValue) throws(Failure) -> JSONValue {
    for index in 0..<text.utf8CodeUnitCount {
      guard at < bytes.count, bytes[at] == text.utf8Start[index] else { throw .malformed(offset: at) }
      at += 1
    }
    return meaning
  }

  private mutating func number() throws(Failure) -> String {
    let start = at
    _ = skip("-")
    if !skip("0") {
      guard skipDigits() else { throw .malformed(offset: at) }
    }
    if skip(".") {
      guard skipDigits() else { throw .malformed(offset: at) }
    }
    if skip("e") || skip("E") {
      _ = skip("+") || skip("-")
      guard skipDigits() else { throw .malformed(offset: at) }
    }
    return String(decoding: bytes[start..<at], as: UTF8.self)
  }

  private mutating func skipDigits() -> Bool {
    let start = at
    while at < bytes.count, bytes[at] >= 48, bytes[at] <= 57 { at += 1 }
    return at > start
  }

  private mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard at < bytes.count, UInt32(bytes[at]) == character.value else { return false }
    at += 1
    return true
  }

  private mutating func skipSpace() {
    while at < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[at]) { at += 1 }
  }
}

// MARK: - Strings

extension JSONReader {
  private mutating func string() throws(Failure) -> String {
    at += 1
    let start = at
    var text: [UInt8] = []
    while at < bytes.count {
      switch bytes[at] {
      case UInt8(ascii: "\""):
        at += 1
        guard let string = String(validating: text, as: UTF8.self) else { throw .invalidText(offset: start) }
        return string
      case UInt8(ascii: "\\"):
        at += 1
        try escape(into: &text)
      case 0..<0x20: throw .malformed(offset: at)
      default:
        text.append(bytes[at])
        at += 1
      }
    }
    throw .malformed(offset: at)
  }

  private mutating func escape(into text: inout [UInt8]) throws(Failure) {
    guard at < bytes.count else { throw .malformed(offset: at) }
    let kind = bytes[at]
    at += 1
    switch kind {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(kind)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0c)
    case UInt8(ascii: "n"): text.append(0x0a)
    case UInt8(ascii: "r"): text.append(0x0d)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      var code = try hexadecimal()
      if code & 0xfc00 == 0xd800 {
        guard skip("\\"), skip("u") else { throw .invalidText(offset: at) }
        let low = try hexadecimal()
        guard low & 0xfc00 == 0xdc00 else { throw .invalidText(offset: at) }
        code = 0x10000 + (code & 0x3ff) << 10 + low & 0x3ff
      }
      guard let scalar = Unicode.Scalar(code), let encoded = UTF8.encode(scalar) else {
        throw .invalidText(offset: at)
      }
      text.append(contentsOf: encoded)
    default: throw .malformed(offset: at - 1)
    }
  }

  private mutating func hexadecimal() throws(Failure) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard at < bytes.count, let digit = hexValue(bytes[at]) else { throw .malformed(offset: at) }
      code = code << 4 | UInt32(digit)
      at += 1
    }
    return code
  }

  private func hexValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - 48
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - 87
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - 55
    default: nil
    }
  }
}
