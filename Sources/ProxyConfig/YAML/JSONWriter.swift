/// Writes values as JSON text for plugins.
enum JSONWriter {
  /// Why a value has no JSON form, and where it stands.
  struct Problem: Error {
    var place: SourceLocation
    var problem: SettingProblem
  }

  /// The JSON text of `node`. Keys keep their order; entries that an unset variable left empty are left out.
  static func text(of node: YAMLNode) throws(Problem) -> String {
    switch node.content {
    case .scalar(let scalar):
      return try text(of: scalar, at: node.place)
    case .sequence(let items):
      var parts: [String] = []
      for item in items { parts.append(try text(of: item)) }
      return "[\(parts.joined(separator: ","))]"
    case .mapping(let entries):
      var parts: [String] = []
      for entry in entries {
        if case .scalar(let scalar) = entry.value.content, scalar.isEmptyAfterInterpolation { continue }
        parts.append("\(string(entry.key)):\(try text(of: entry.value))")
      }
      return "{\(parts.joined(separator: ","))}"
    }
  }

  private static func text(of scalar: YAMLScalar, at place: SourceLocation) throws(Problem) -> String {
    if let list = scalar.list { return strings(list) }
    switch scalar.resolved {
    case .null: return "null"
    case .bool(let value): return value ? "true" : "false"
    case .integer(let digits), .float(let digits): return digits
    case .string: return string(scalar.text)
    case .notFinite:
      throw Problem(
        place: place,
        problem: SettingProblem(
          "the number \(scalar.written) has no form in JSON", "quote it to make it a text"))
    case .tooLarge:
      throw Problem(
        place: place,
        problem: SettingProblem(
          "the number \(scalar.written) is beyond 64 bits", "quote it to make it a text"))
    }
  }

  /// A JSON string literal.
  static func string(_ text: String) -> String {
    var literal = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": literal += "\\\""
      case "\\": literal += "\\\\"
      case "\n": literal += "\\n"
      case "\r": literal += "\\r"
      case "\t": literal += "\\t"
      case "\u{0}"..."\u{1f}", "\u{7f}":
        let hex = String(scalar.value, radix: 16)
        literal += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: literal.unicodeScalars.append(scalar)
      }
    }
    return literal + "\""
  }

  /// A JSON array of strings.
  static func strings(_ texts: [String]) -> String {
    "[\(texts.map(string).joined(separator: ","))]"
  }
}
