import ProxyCore

/// Comma-separated values by RFC 4180, safe to open in a spreadsheet.
enum CSVText {
  /// One line without its end.
  static func line(_ fields: [String]) -> String { fields.map(quoted).joined(separator: ",") }

  /// A value of a document as a field. Numbers stay as they are; a text that a spreadsheet would take for a
  /// formula gets an apostrophe, which makes it a text there too.
  static func field(_ value: JSONValue?) -> String {
    switch value {
    case nil, .null?: return ""
    case .bool(let flag)?: return flag ? "true" : "false"
    case .number(let text)?: return text
    case .string(let text)?: return isFormula(text) ? "'" + text : text
    case .array?, .object?: return value?.text ?? ""
    }
  }

  private static func isFormula(_ text: String) -> Bool {
    guard let first = text.unicodeScalars.first else { return false }
    return "=+-@\t\r".unicodeScalars.contains(first)
  }

  private static func quoted(_ field: String) -> String {
    guard field.utf8.contains(where: { [0x22, 0x2c, 0x0a, 0x0d].contains($0) }) else { return field }
    return "\"" + field.replacing("\"", with: "\"\"") + "\""
  }
}
