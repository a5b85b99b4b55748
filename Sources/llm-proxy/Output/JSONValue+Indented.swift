import ProxyCore

extension JSONValue {
  /// The document over several lines, two spaces for each level, without a line end at its end.
  func indented(_ level: Int = 0) -> String {
    let inner = String(repeating: "  ", count: level + 1)
    let outer = String(repeating: "  ", count: level)
    switch self {
    case .array(let elements) where !elements.isEmpty:
      let lines = elements.map { inner + $0.indented(level + 1) }
      return "[\n" + lines.joined(separator: ",\n") + "\n\(outer)]"
    case .object(let members) where !members.isEmpty:
      let lines = members.map {
        "\(inner)\(JSONValue.string($0.name).plainText): \($0.value.indented(level + 1))"
      }
      return "{\n" + lines.joined(separator: ",\n") + "\n\(outer)}"
    default: return plainText
    }
  }

  /// The value at a path of names with dots between.
  func value(at path: String) -> JSONValue? {
    var value: JSONValue? = self
    for name in path.split(separator: ".") { value = value?[String(name)] }
    return value
  }

  /// The text, when this is one.
  var stringValue: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  /// The number as an integer, when this is one.
  var integerValue: Int64? {
    guard case .number(let text) = self else { return nil }
    return Int64(text) ?? Double(text).flatMap { Int64(exactly: $0.rounded()) }
  }

  /// The elements, when this is an array.
  var elements: [JSONValue]? {
    guard case .array(let elements) = self else { return nil }
    return elements
  }
}

extension String {
  /// The text as a document.
  var json: JSONValue { .string(self) }
}
