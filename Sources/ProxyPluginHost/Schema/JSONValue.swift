/// A JSON value as configurations and schemas need it: small, strict, compared by value.
enum JSONValue: Sendable {
  case null
  case bool(Bool)
  /// A number written without fraction and exponent that fits.
  case integer(Int64)
  /// Any other number.
  case number(Double)
  case string(String)
  case array([JSONValue])
  /// Members in the order of the text; names are unique.
  case object([Member])

  struct Member: Sendable, Equatable {
    var name: String
    var value: JSONValue
  }

  /// Name of the JSON Schema type; integers are `integer`.
  var typeName: String {
    switch self {
    case .null: "null"
    case .bool: "boolean"
    case .integer: "integer"
    case .number(let value): value.rounded() == value ? "integer" : "number"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    }
  }

  /// The value of a number of either kind.
  var asDouble: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  /// A non-negative whole number, as size keywords need it.
  var asCount: Int? {
    guard case .integer(let value) = self, value >= 0 else { return nil }
    return Int(exactly: value)
  }

  /// The member of an object; `nil` for other values.
  subscript(_ name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }
}

extension JSONValue: Equatable {
  /// JSON Schema equality: 1 equals 1.0, the order of members does not matter.
  static func == (left: JSONValue, right: JSONValue) -> Bool {
    switch (left, right) {
    case (.null, .null): return true
    case (.bool(let left), .bool(let right)): return left == right
    case (.integer(let left), .integer(let right)): return left == right
    case (.string(let left), .string(let right)): return left == right
    case (.array(let left), .array(let right)): return left == right
    case (.object(let left), .object(let right)):
      return left.count == right.count && left.allSatisfy { member in right.contains(member) }
    default:
      guard let left = left.asDouble, let right = right.asDouble else { return false }
      return left == right
    }
  }
}

extension JSONValue: CustomStringConvertible {
  /// JSON text, cut at 80 characters: for messages.
  var description: String {
    let text = rendered
    return text.count <= 80 ? text : String(text.prefix(77)) + "…"
  }

  private var rendered: String {
    switch self {
    case .null: return "null"
    case .bool(let value): return value ? "true" : "false"
    case .integer(let value): return String(value)
    case .number(let value): return "\(value)"
    case .string(let value): return "\"\(value)\""
    case .array(let items): return "[" + items.map(\.rendered).joined(separator: ",") + "]"
    case .object(let members):
      return "{" + members.map { "\"\($0.name)\":\($0.value.rendered)" }.joined(separator: ",") + "}"
    }
  }
}
