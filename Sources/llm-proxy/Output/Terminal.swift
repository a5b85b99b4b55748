import Glibc

/// What is known about the terminal that a descriptor leads to.
struct Terminal {
  /// False for files and pipes.
  let isInteractive: Bool
  /// True when text may be set off by colour.
  let hasColour: Bool
  /// True when what was written may be written over.
  let canRewrite: Bool
  /// Cells in a line; `nil` when there is no bound.
  let columns: Int?

  /// Looks at `descriptor` and at `COLUMNS`, `NO_COLOR` and `TERM`.
  init(_ descriptor: Int32) {
    isInteractive = isatty(descriptor) == 1
    canRewrite = isInteractive && Self.variable("TERM") != "dumb"
    hasColour = canRewrite && Self.variable("NO_COLOR") == nil
    if let text = Self.variable("COLUMNS"), let count = Int(text), count > 0 {
      columns = count
    } else {
      var size = winsize()
      let isKnown = isInteractive && ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
      columns = isKnown ? Int(size.ws_col) : nil
    }
  }

  /// A terminal of these properties, for tests.
  init(isInteractive: Bool, hasColour: Bool, columns: Int?) {
    self.isInteractive = isInteractive
    self.hasColour = hasColour
    canRewrite = isInteractive
    self.columns = columns
  }

  /// `text` set off from the rest, where that is possible.
  func bold(_ text: String) -> String { hasColour ? "\u{1b}[1m\(text)\u{1b}[0m" : text }

  /// `text` in one of the eight colours.
  func coloured(_ text: String, _ colour: Colour) -> String {
    hasColour ? "\u{1b}[\(colour.rawValue)m\(text)\u{1b}[0m" : text
  }

  /// The colours in use, with their numbers in the escape sequence.
  enum Colour: Int {
    case red = 31
    case green = 32
    case yellow = 33
  }

  /// A variable of the process that is set to something.
  private static func variable(_ name: String) -> String? {
    guard let value = getenv(name), value[0] != 0 else { return nil }
    return String(cString: value)
  }
}

extension Terminal {
  /// `text` without the characters that would move the cursor, change colours or break the line: what servers
  /// and models send must not do that. Each becomes one visible mark.
  static func visible(_ text: String, keepsLines: Bool = false) -> String {
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x0a, 0x09: result.append(keepsLines ? scalar : " ")
      case 0x0d where keepsLines: continue
      // C0, DEL, C1, and the characters that turn the direction of writing.
      case 0..<0x20, 0x7f..<0xa0, 0x202a...0x202e, 0x2066...0x2069: result.append("\u{fffd}")
      default: result.append(scalar)
      }
    }
    return String(result)
  }
}
