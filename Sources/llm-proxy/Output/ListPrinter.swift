import Glibc
import ProxyCore

/// Prints a list that comes page by page; keeps no page.
final class ListPrinter {
  private let format: OutputFormat
  private let columns: [Column]
  private let csvPaths: [String]
  private let terminal: Terminal
  private let writer: OutputWriter
  private var layout: TableLayout?
  private var hasTitles = false
  /// Elements printed so far.
  private(set) var count = 0

  /// Prints to standard output.
  ///
  /// - Parameters:
  ///   - columns: what a table shows.
  ///   - csv: paths of further members that CSV shows, after those of the columns.
  init(
    _ format: OutputFormat, _ columns: [Column], csv: [String] = [],
    terminal: Terminal = Terminal(STDOUT_FILENO), writer: OutputWriter = OutputWriter()
  ) {
    self.format = format
    self.columns = columns
    self.terminal = terminal
    self.writer = writer
    csvPaths = columns.map(\.path) + csv
  }

  /// Prints further elements; the width of a table's columns follows from the first ones.
  func add(_ elements: [JSONValue]) throws(CommandFailure) {
    switch format {
    case .json:
      for element in elements {
        try writer.write((count == 0 ? "[\n  " : ",\n  ") + element.indented(1))
        count += 1
      }
    case .csv:
      try addTitles()
      for element in elements {
        try writer.write(CSVText.line(csvPaths.map { CSVText.field(element.value(at: $0)) }) + "\r\n")
      }
      count += elements.count
    case .table:
      guard !elements.isEmpty else { return }
      let rows = elements.map { element in columns.map { $0.cell(of: element) } }
      let layout = try layout(for: rows)
      for row in rows { try writer.line(layout.line(row)) }
      count += elements.count
    }
    // A page at a time: whoever reads along sees what there is.
    try writer.flush()
  }

  private func addTitles() throws(CommandFailure) {
    if !hasTitles { try writer.write(CSVText.line(csvPaths) + "\r\n") }
    hasTitles = true
  }

  private func layout(for rows: [[String]]) throws(CommandFailure) -> TableLayout {
    if let layout { return layout }
    let made = TableLayout(columns, rows: rows, available: terminal.columns)
    layout = made
    try writer.line(terminal.bold(made.header))
    return made
  }

  /// Ends the list. An empty table is a note on standard error, so that scripts see no line.
  func end(empty note: String) throws(CommandFailure) {
    switch format {
    case .json: try writer.line(count == 0 ? "[]" : "\n]")
    case .csv: try addTitles()
    case .table where count == 0: Console.note(note)
    case .table: break
    }
    try writer.flush()
  }
}
