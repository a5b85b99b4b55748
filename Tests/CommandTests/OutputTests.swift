import ProxyCore
import Testing

@testable import llm_proxy

@Suite("Output")
struct OutputTests {
  private static let columns: [Column] = [
    .identifier("ID", "id"), Column("Name", "name", minimum: 6), Column("Count", "count", .number()),
    Column("Note", "note", isOptional: true),
  ]
  private static let id = "25e5779b-40db-49ae-a36f-2ad7f9039e23"

  private func lines(_ rows: [[String]], width: Int?) -> [String] {
    let layout = TableLayout(Self.columns, rows: rows, available: width)
    return ([layout.header] + rows.map(layout.line))
  }

  @Test(
    "cells of a text",
    arguments: [
      ("abc", 3), ("", 0), ("é", 1), ("e\u{301}", 1), ("日本", 4), ("👍", 2), ("👨‍👩‍👧", 2), ("한", 2), ("ｆ", 2),
      ("☺️", 2), ("…", 1),
      ("🇩🇪", 2), ("\u{200b}", 0),
    ])
  func widths(text: String, width: Int) {
    #expect(TextWidth.of(text) == width)
  }

  @Test("a text is cut between characters, and says so")
  func cutting() {
    #expect(TextWidth.cut("abcdef", to: 6) == "abcdef")
    #expect(TextWidth.cut("abcdef", to: 4) == "abc…")
    #expect(TextWidth.cut("日本語", to: 4) == "日…")
    #expect(TextWidth.cut("日本語", to: 5) == "日本…")
    #expect(TextWidth.cut("abc", to: 0) == "")
  }

  @Test("without a terminal nothing is cut, and numbers stand at the right")
  func unbounded() {
    let name = String(repeating: "n", count: 300)
    let lines = lines([[Self.id, name, "7", "x"], [Self.id, "b", "1234567", ""]], width: nil)
    #expect(lines[1].contains(name))
    #expect(lines[2] == "\(Self.id)  b\(String(repeating: " ", count: 299))  1234567")
  }

  @Test("a table fits every width in which its first column fits", arguments: 36...140)
  func fits(width: Int) {
    let rows = [
      [Self.id, "日本語プロジェクト with a long name", "12345", "a note"],
      [Self.id, "b", "1", String(repeating: "x", count: 99)],
    ]
    for line in lines(rows, width: width) { #expect(TextWidth.of(line) <= width, "\(line)") }
    #expect(lines(rows, width: width)[1].hasPrefix(Self.id))
  }

  @Test("what is optional is left out before anything that is not")
  func optional() {
    let rows = [[Self.id, "a name", "12345", "a longer note than fits"]]
    #expect(lines(rows, width: 58)[0].split(separator: " ") == ["ID", "Name", "Count"])
    #expect(lines(rows, width: 20).allSatisfy { TextWidth.of($0) <= 20 })
  }

  @Test("later rows are cut to the width that the first ones gave")
  func laterRows() {
    let layout = TableLayout(Self.columns, rows: [[Self.id, "short", "1", ""]], available: 80)
    #expect(TextWidth.of(layout.line([Self.id, String(repeating: "y", count: 200), "1", "z"])) <= 80)
  }

  @Test("cells show times, limits, money and spans in short")
  func cells() {
    let element: JSONValue = [
      "at": "2026-11-27T18:40:12.5Z", "count": .integer(3), "limit": .integer(100), "none": .null,
      "micros": .integer(1_234_500),
      "span": .integer(5_400), "list": ["a", "b"], "flag": .bool(true), "deep": ["er": "x"],
    ]
    func cell(_ path: String, _ style: Column.Style) -> String { Column("T", path, style).cell(of: element) }
    #expect(cell("at", .time()) == "2026-11-27 18:40")
    #expect(cell("none", .time(absent: "never")) == "never")
    #expect(cell("count", .number(of: "limit")) == "3/100")
    #expect(cell("count", .number(of: "none")) == "3")
    #expect(cell("micros", .money) == "1.2345")
    #expect(cell("none", .money) == "-")
    #expect(cell("span", .span()) == "1h30m")
    #expect(cell("list", .count) == "2")
    #expect(cell("flag", .flag) == "yes")
    #expect(cell("deep.er", .text) == "x")
    #expect(Column.money(-5) == "-0.000005")
    #expect(Column.money(7_000_000) == "7.00")
  }

  @Test("what a server sends cannot move the cursor or break the table")
  func controlCharacters() {
    let element: JSONValue = ["label": .string("a\u{1b}[2Jb\nc\td\u{9b}e\u{202e}f")]
    #expect(Column("T", "label").cell(of: element) == "a\u{fffd}[2Jb c d\u{fffd}e\u{fffd}f")
    #expect(Terminal.visible("a\r\nb\u{1b}", keepsLines: true) == "a\nb\u{fffd}")
  }

  @Test("CSV quotes what needs it and defuses formulas, but not numbers")
  func csv() {
    #expect(CSVText.line(["a", "b,c", "d\"e", "f\ng"]) == "a,\"b,c\",\"d\"\"e\",\"f\ng\"")
    for text in ["=1+1", "+1", "-1", "@x", "\tx"] { #expect(CSVText.field(.string(text)) == "'" + text) }
    #expect(CSVText.field(.number("-1")) == "-1")
    #expect(CSVText.field(["a": ["b"]]) == "{\"a\":[\"b\"]}")
    #expect(CSVText.field(.null) == "")
  }

  @Test("indented JSON is the same document")
  func indented() throws {
    let document: JSONValue = ["a": [], "b": ["c": .number("1.50"), "d": [.null, "é"]], "e": .object([])]
    let text = document.indented()
    #expect(
      text
        == "{\n  \"a\": [],\n  \"b\": {\n    \"c\": 1.50,\n    \"d\": [\n      null,\n      \"é\"\n    ]\n  },\n  \"e\": {}\n}"
    )
    #expect(try JSONReader.firstValue(of: Array(text.utf8)) == document)
  }

  @Test("a record shows the fields that it has")
  func record() {
    let fields = [
      Column("ID", "id"), Column("Absent", "absent"), Column("Max requests", "max", .number(absent: "none")),
    ]
    #expect(
      RecordPrinter.lines(["id": "7", "max": .null], fields) == ["ID:           7", "Max requests: none"])
  }

  @Test("colour is only for terminals that want it")
  func colour() {
    #expect(Terminal(isInteractive: true, hasColour: true, columns: 80).bold("x") == "\u{1b}[1mx\u{1b}[0m")
    #expect(Terminal(isInteractive: true, hasColour: false, columns: 80).bold("x") == "x")
    #expect(Terminal(isInteractive: false, hasColour: false, columns: nil).coloured("x", .red) == "x")
  }
}
