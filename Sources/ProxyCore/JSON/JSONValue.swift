/// A JSON document of the control plane: what a request's body holds and what an answer is written from.
///
/// Objects keep the order of their members, so that an answer always shows its keys in the same order, and
/// numbers keep their text, so that an integer is never taken through a floating-point value.
public enum JSONValue: Sendable, Equatable {
  /// `null`.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// The number's text, valid by RFC 8259.
  case number(String)
  /// A text.
  case string(String)
  /// A list.
  case array([JSONValue])
  /// Members in their order.
  case object([Member])

  /// One member of an object.
  public struct Member: Sendable, Equatable {
    /// Its name, unescaped.
    public var name: String
    /// Its value.
    public var value: JSONValue

    /// A member.
    public init(name: String, value: JSONValue) {
      self.name = name
      self.value = value
    }
  }

  /// A whole number.
  public static func integer(_ value: some BinaryInteger) -> JSONValue { .number(String(value)) }

  /// A text, or `null` when there is none.
  public static func optional(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }

  /// What a refusal calls this kind of value.
  public var kind: String {
    switch self {
    case .null: "null"
    case .bool: "a boolean"
    case .number: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }

  /// This object with more members at its end.
  public func adding(_ more: [Member]) -> JSONValue {
    guard case .object(let members) = self else { return self }
    return .object(members + more)
  }

  /// The first member of this name, when this is an object that has one.
  public subscript(name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }
}

extension JSONValue: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringLiteral {
  /// A text.
  public init(stringLiteral value: String) {
    self = .string(value)
  }

  /// An object with its members in the order written.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(elements.map { Member(name: $0.0, value: $0.1) })
  }

  /// An array.
  public init(arrayLiteral elements: JSONValue...) {
    self = .array(elements)
  }
}

// MARK: - Writing

extension JSONValue {
  /// The document as compact JSON, escaped as Go's encoder does it (`<`, `>`, `&`, U+2028 and U+2029 too).
  public var bytes: [UInt8] {
    var out: [UInt8] = []
    write(to: &out)
    return out
  }

  /// `bytes` as text.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  /// The document as compact JSON with no more escapes than needed: for storing, and for what is sent on.
  public var plainText: String {
    var out: [UInt8] = []
    write(to: &out, isPlain: true)
    return String(decoding: out, as: UTF8.self)
  }

  /// Appends the document to `out`.
  public func write(to out: inout [UInt8]) { write(to: &out, isPlain: false) }

  private func write(to out: inout [UInt8], isPlain: Bool) {
    switch self {
    case .null: out.append(contentsOf: "null".utf8)
    case .bool(let value): out.append(contentsOf: (value ? "true" : "false").utf8)
    case .number(let text): out.append(contentsOf: text.utf8)
    case .string(let text): Self.write(string: text, to: &out, isPlain)
    case .array(let elements):
      out.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { out.append(UInt8(ascii: ",")) }
        element.write(to: &out, isPlain: isPlain)
      }
      out.append(UInt8(ascii: "]"))
    case .object(let members):
      out.append(UInt8(ascii: "{"))
      for (index, member) in members.enumerated() {
        if index > 0 { out.append(UInt8(ascii: ",")) }
        Self.write(string: member.name, to: &out, isPlain)
        out.append(UInt8(ascii: ":"))
        member.value.write(to: &out, isPlain: isPlain)
      }
      out.append(UInt8(ascii: "}"))
    }
  }

  private static func write(string: String, to out: inout [UInt8], _ isPlain: Bool) {
    out.append(UInt8(ascii: "\""))
    for scalar in string.unicodeScalars {
      if isPlain, scalar.value >= 0x20, scalar != "\"", scalar != "\\" {
        out.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        continue
      }
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
