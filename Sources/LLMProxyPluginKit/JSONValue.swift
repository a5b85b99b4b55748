/// A JSON value, for settings. Bodies of requests are read through `JSONService` instead.
public enum JSONValue: Equatable, Sendable {
  /// `null`.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// A number written without fraction and exponent that fits 64 bits.
  case integer(Int64)
  /// Any other number.
  case number(Double)
  /// Text.
  case string(String)
  /// A list.
  case array([JSONValue])
  /// Members by name. A text that repeats a name is refused.
  case object([String: JSONValue])

  /// Reads a whole JSON text (RFC 8259), at most 64 levels deep.
  ///
  /// - Throws: what is wrong and at which byte.
  public init(parsing bytes: UnsafeRawBufferPointer) throws(PluginFailure) {
    var parser = JSONParser(bytes)
    self = try parser.document()
  }

  /// Reads a whole JSON text.
  public init(parsing text: String) throws(PluginFailure) {
    let bytes = Array(text.utf8)
    let outcome = bytes.withUnsafeBytes { buffer in
      Result { () throws(PluginFailure) in try JSONValue(parsing: buffer) }
    }
    self = try outcome.get()
  }

  /// A member of an object; nil when there is none, it is null, or this is no object.
  public subscript(name: String) -> JSONValue? {
    guard case .object(let members) = self, let value = members[name], value != .null else {
      return nil
    }
    return value
  }

  /// What kind of value it is, for messages.
  var kind: String {
    switch self {
    case .null: "null"
    case .bool: "true or false"
    case .integer: "a whole number"
    case .number: "a number"
    case .string: "text"
    case .array: "a list"
    case .object: "an object"
    }
  }
}
