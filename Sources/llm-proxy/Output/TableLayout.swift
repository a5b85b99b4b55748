/// Which columns a table shows, and how wide they are, so that its lines fit.
struct TableLayout {
  private static let gap = 2
  /// Indices of the columns that are shown.
  private(set) var shown: [Int]
  private var widths: [Int]
  private let columns: [Column]
  /// Without a bound nothing is cut: a later row that is longer pushes the rest of its own line.
  private let isBounded: Bool

  /// Decides by the first rows of a table; later ones are cut to fit.
  ///
  /// - Parameters:
  ///   - rows: cells, one for each of `columns`.
  ///   - available: cells in a line of the terminal; `nil` is no bound.
  init(_ columns: [Column], rows: [[String]], available: Int?) {
    self.columns = columns
    isBounded = available != nil
    let natural = columns.indices.map { index in
      rows.reduce(TextWidth.of(columns[index].title)) { max($0, TextWidth.of($1[index])) }
    }
    shown = Array(columns.indices)
    widths = natural
    guard let available else { return }
    while !fit(natural, available) {
      // What is optional goes first, then the last, but never the only one.
      guard shown.count > 1 else { break }
      let victim = shown.lastIndex { columns[$0].isOptional } ?? shown.count - 1
      shown.remove(at: victim)
    }
  }

  /// Narrows the widest columns until all fit; false when they do not even at their minimum.
  private mutating func fit(_ natural: [Int], _ available: Int) -> Bool {
    let room = available - Self.gap * (shown.count - 1)
    var cap = shown.map { natural[$0] }.max() ?? 0
    while cap >= 0 {
      for index in shown {
        widths[index] = max(min(natural[index], cap), min(natural[index], columns[index].minimum))
      }
      let total = shown.reduce(0) { $0 + widths[$1] }
      if total <= room { return true }
      // What is too much is shared by at most all columns, so this never jumps over the answer.
      cap -= max(1, (total - room) / shown.count)
    }
    if shown.count == 1 { widths[shown[0]] = max(1, room) }
    return shown.count == 1
  }

  /// The line of titles.
  var header: String { line(columns.map(\.title)) }

  /// One row.
  func line(_ cells: [String]) -> String {
    let texts = shown.map { index in
      let text = isBounded ? TextWidth.cut(cells[index], to: widths[index]) : cells[index]
      return TextWidth.padded(text, to: widths[index], atStart: columns[index].isRight)
    }
    var line = texts.joined(separator: String(repeating: " ", count: Self.gap))
    while line.hasSuffix(" ") { line.removeLast() }
    return line
  }
}
