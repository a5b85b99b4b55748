/// A JSON document: what a request's body holds and what an answer is written from.
///
/// Objects keep the order of their members, so that an answer always shows its keys in the same order, and
/// numbers keep their text, so that an integer is never taken through a floating-point value.
enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  /// The number's text, valid by RFC 8259.
  case number(String)
  case string(String)
  case array([JSONValue])
  case object([Member])

  /// One member of an object.
  struct Member: Sendable, Equatable {
    var name: String
    var value: JSONValue
  }

  /// A whole number.
  static func integer(_ value: some BinaryInteger) -> JSONValue { .number(String(value)) }

  /// A text, or `null` when there is none.
  static func optional(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }

  /// What a refusal calls this kind of value.
  var kind: String {
    switch self {
    case .null: "null"
    case .bool: "a boolean"
    case .number: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }

  /// The first member of this name, when this is an object that has one.
  subscript(name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }
}

extension JSONValue: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringLiteral {
  /// A text.
  init(stringLiteral value: String) {
    self = .string(value)
  }

  /// An object with its members in the order written.
  init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(elements.map { Member(name: $0.0, value: $0.1) })
  }

  /// An array.
  init(arrayLiteral elements: JSONValue...) {
    self = .array(elements)
  }
}

// MARK: - Writing

extension JSONValue {
  /// The document as compact JSON, escaped as Go's encoder does it (`<`, `>`, `&`, U+2028 and U+2029 too).
  var bytes: [UInt8] {
    var out: [UInt8] = []
    write(to: &out)
    return out
  }

  /// `bytes` as text.
  var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Appends the document to `out`.
  func write(to out: inout [UInt8]) {
    switch self {
    case .null: out.append(contentsOf: "null".utf8)
    case .bool(let value): out.append(contentsOf: (value ? "true" : "false").utf8)
    case .number(let text): out.append(contentsOf: text.utf8)
    case .string(let text): Self.write(string: text, to: &out)
    case .array(let elements):
      out.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { out.append(UInt8(ascii: ",")) }
        element.write(to: &out)
      }
      out.append(UInt8(ascii: "]"))
    case .object(let members):
      out.append(UInt8(ascii: "{"))
      for (index, member) in members.enumerated() {
        if index > 0 { out.append(UInt8(ascii: ",")) }
        Self.write(string: member.name, to: &out)
        out.append(UInt8(ascii: ":"))
        member.value.write(to: &out)
      }
      out.append(UInt8(ascii: "}"))
    }
  }

  private static func write(string: String, to out: inout [UInt8]) {
    out.append(UInt8(ascii: "\""))
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": out.append(contentsOf: "\\\"".utf8)
      case "\\": out.append(contentsOf: "\\\\".utf8)
      case "\n": out.append(contentsOf: "\\n".utf8)
      case "\r": out.append(contentsOf: "\\r".utf8)
      case "\t": out.append(contentsOf: "\\t".utf8)
      case "\u{8}": out.append(contentsOf: "\\b".utf8)
      case "\u{c}": out.append(contentsOf: "\\f".utf8)
      case "\u{0}"..."\u{1f}", "<", ">", "&", "\u{2028}", "\u{2029}":
        out.append(contentsOf: "\\u".utf8)
        for shift in [12, 8, 4, 0] as [UInt32] { out.append(hexDigit(scalar.value >> shift & 15)) }
      default: out.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
      }
    }
    out.append(UInt8(ascii: "\""))
  }

  private static func hexDigit(_ nibble: UInt32) -> UInt8 {
    UInt8(truncatingIfNeeded: nibble < 10 ? 48 + nibble : 87 + nibble)
  }
}
