import ProxyCore

/// The variables of a `.env` file, as the Go program's reader takes them.
///
/// A line is `NAME=value`, optionally after `export`; `#` begins a comment at the start of a line or after a
/// space. Values stand bare, in `'…'` (literal) or in `"…"` (with `\n \r \t \\ \" \$`); quoted ones may span
/// lines. `$NAME` and `${NAME}`, in capitals, take what is set above or in the process, in bare and
/// double-quoted values; `\$` is a dollar sign there.
struct EnvironmentFile {
  struct Variable: Equatable {
    var name: String
    var value: String
    var origin: SourceLocation
  }

  private(set) var variables: [Variable] = []
  private(set) var errors: [ConfigurationError] = []

  private let file: String
  private let existing: Environment
  private var rest: Substring
  private var line = 1

  init(parsing text: String, named file: String, existing: Environment) {
    self.file = file
    self.existing = existing
    // CRLF is one Character in Swift; the parser below knows only LF.
    let lines = text.replacing("\r\n", with: "\n")
    rest = lines[...]
    while !rest.isEmpty { readLine() }
  }

  private mutating func readLine() {
    skipBlanks()
    if rest.first == "#" || rest.first == "\n" || rest.isEmpty { return skipToNextLine() }
    if rest.hasPrefix("export "), let space = rest.firstIndex(of: " ") {
      rest = rest[space...]
      skipBlanks()
    }
    let start = line
    let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ".") }
    rest = rest[name.endIndex...]
    skipBlanks()
    guard !name.isEmpty, rest.first == "=" || rest.first == ":" else {
      // The line is not shown: it may hold a secret.
      return refuse(
        start, "", "this line is not NAME=value", "write NAME=value, or begin the line with # to keep a note")
    }
    rest.removeFirst()
    skipBlanks()
    guard let value = readValue(name: String(name), start: start) else { return }
    variables.append(
      Variable(name: String(name), value: value, origin: SourceLocation(file: file, line: start)))
  }

  private mutating func readValue(name: String, start: Int) -> String? {
    guard let quote = rest.first, quote == "\"" || quote == "'" else { return readBareValue() }
    rest.removeFirst()
    var value = ""
    while let character = rest.first {
      rest.removeFirst()
      switch character {
      case quote:
        return endOfQuoted(value, name: name)
      case "\\" where quote == "\"":
        if let escaped = rest.popFirst() { value += Self.unescape(escaped) }
      case "$" where quote == "\"":
        value += readReference()
      case "\n":
        line += 1
        value.append(character)
      default:
        value.append(character)
      }
    }
    refuse(start, name, "the closing \(quote) is missing", "close the quote")
    return nil
  }

  private mutating func endOfQuoted(_ value: String, name: String) -> String? {
    skipBlanks()
    if rest.isEmpty || rest.first == "\n" || rest.first == "#" {
      skipToNextLine()
      return value
    }
    let place = line
    refuse(place, name, "there is text after the closing quote", "put the whole value inside the quotes")
    return nil
  }

  private mutating func readBareValue() -> String {
    var value = ""
    while let character = rest.first, character != "\n" {
      if character == "#", value.isEmpty || value.last == " " || value.last == "\t" { break }
      rest.removeFirst()
      if character == "\\", rest.first == "$" {
        rest.removeFirst()
        value += "$"
      } else {
        value += character == "$" ? readReference() : String(character)
      }
    }
    skipToNextLine()
    return SettingText.trimmed(value)
  }

  private mutating func readReference() -> String {
    let hasBrace = rest.first == "{"
    let body = hasBrace ? rest.dropFirst() : rest
    let name = body.prefix { $0.isASCII && ($0.isUppercase || $0.isNumber || $0 == "_") }
    let after = body[name.endIndex...]
    guard !name.isEmpty, !hasBrace || after.first == "}" else { return "$" }
    rest = hasBrace ? after.dropFirst() : after
    return variables.last { $0.name == name }?.value ?? existing[String(name)] ?? ""
  }

  private static func unescape(_ character: Character) -> String {
    switch character {
    case "n": "\n"
    case "r": "\r"
    case "t": "\t"
    case "\\", "\"", "$", "'", "`": String(character)
    default: "\\\(character)"
    }
  }

  private mutating func skipBlanks() {
    rest = rest.drop { $0 == " " || $0 == "\t" || $0 == "\r" }
  }

  private mutating func skipToNextLine() {
    rest = rest.drop { $0 != "\n" }
    if rest.popFirst() != nil { line += 1 }
  }

  private mutating func refuse(_ line: Int, _ key: String, _ problem: String, _ remedy: String) {
    errors.append(ConfigurationError(file: file, line: line, key: key, problem: problem, remedy: remedy))
    skipToNextLine()
  }
}
