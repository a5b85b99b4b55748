import ProxyCore

/// Prints one thing with its fields.
enum RecordPrinter {
  /// Prints `document` to standard output. A table shows one line for each of `fields` that is there.
  static func print(_ document: JSONValue, _ fields: [Column], _ format: OutputFormat) throws(CommandFailure)
  {
    let writer = OutputWriter()
    switch format {
    case .json: try writer.line(document.indented())
    case .csv:
      try writer.write(CSVText.line(fields.map(\.path)) + "\r\n")
      try writer.write(CSVText.line(fields.map { CSVText.field(document.value(at: $0.path)) }) + "\r\n")
    case .table: for line in lines(document, fields) { try writer.line(line) }
    }
    try writer.flush()
  }

  /// The lines of a table: titles with a colon, then the values in one column.
  static func lines(_ document: JSONValue, _ fields: [Column]) -> [String] {
    let present = fields.filter { document.value(at: $0.path) != nil }
    let width = (present.map { TextWidth.of($0.title) }.max() ?? 0) + 2
    return present.map { field in
      TextWidth.padded(field.title + ":", to: width) + field.cell(of: document)
    }
  }
}
