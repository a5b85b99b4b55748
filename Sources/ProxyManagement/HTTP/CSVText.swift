/// Tables as comma-separated values (RFC 4180), safe to open in a spreadsheet.
enum CSVText {
  /// Appends a line of cells.
  static func append(_ cells: [JSONValue], to out: inout [UInt8]) {
    for (index, cell) in cells.enumerated() {
      if index > 0 { out.append(UInt8(ascii: ",")) }
      switch cell {
      case .null: break
      case .bool(let value): out.append(contentsOf: (value ? "true" : "false").utf8)
      case .number(let text): out.append(contentsOf: text.utf8)
      case .string(let text): append(text: text, to: &out)
      case .array, .object: append(text: cell.text, to: &out)
      }
    }
    out.append(contentsOf: "\r\n".utf8)
  }

  /// A text in quotes. One that a spreadsheet would take for a formula gets an apostrophe before it, which
  /// spreadsheets hide: names come from whoever uses the proxy.
  private static func append(text: String, to out: inout [UInt8]) {
    out.append(UInt8(ascii: "\""))
    if let first = text.utf8.first, "=+-@\t\r\n".utf8.contains(first) { out.append(UInt8(ascii: "'")) }
    for byte in text.utf8 {
      if byte == UInt8(ascii: "\"") { out.append(byte) }
      out.append(byte)
    }
    out.append(UInt8(ascii: "\""))
  }
}
