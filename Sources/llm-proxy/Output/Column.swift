import ProxyCore

/// One column of a list, or one line of a record.
struct Column {
  /// How a value is shown to people.
  enum Style {
    /// As it is; what is absent is a dash.
    case text
    /// `2026-11-27 18:40`, in UTC; a word stands for what is absent.
    case time(absent: String = "-")
    /// `yes` or `no`.
    case flag
    /// A number, at the right; a word stands for what is absent. With `of`, the limit at that path follows it:
    /// `3/100`.
    case number(absent: String = "-", of: String? = nil)
    /// Micro-units of the currency, as a decimal number at the right.
    case money
    /// A span given in seconds.
    case span(absent: String = "-")
    /// The number of elements or members.
    case count
  }

  /// What stands above it, or before it.
  let title: String
  /// Path of the member, dots between names; also its name in CSV.
  let path: String
  /// How the value is shown.
  var style = Style.text
  /// Narrowest form in a table before it is left out or cut.
  var minimum = 8
  /// True when a table without room for all leaves it out, the last first.
  var isOptional = false

  /// A column for the member at `path`.
  init(_ title: String, _ path: String, _ style: Style = .text, minimum: Int = 8, isOptional: Bool = false) {
    self.title = title
    self.path = path
    self.style = style
    self.minimum = minimum
    self.isOptional = isOptional
  }

  /// A column of ids, which are of no use when they are cut.
  static func identifier(_ title: String, _ path: String, isOptional: Bool = false) -> Column {
    Column(title, path, minimum: 36, isOptional: isOptional)
  }

  /// True when values stand at the right.
  var isRight: Bool {
    switch style {
    case .number, .money, .count: true
    default: false
    }
  }

  /// The value as people see it: one line without control characters.
  func cell(of element: JSONValue) -> String {
    let value = element.value(at: path)
    switch style {
    case .text: return Self.text(value) ?? "-"
    case .time(let absent): return value?.stringValue.map(Self.time) ?? absent
    case .flag: return value == .bool(true) ? "yes" : value == .bool(false) ? "no" : "-"
    case .number(let absent, let limit):
      let bound = limit.flatMap { Self.text(element.value(at: $0)) }
      return (Self.text(value) ?? absent) + (bound.map { "/\($0)" } ?? "")
    case .money: return value?.integerValue.map(Self.money) ?? "-"
    case .span(let absent): return value?.integerValue.map(Self.span) ?? absent
    case .count: return Self.count(value)
    }
  }

  private static func text(_ value: JSONValue?) -> String? {
    switch value {
    case nil, .null?: return nil
    case .string(let text)?: return Terminal.visible(text)
    case .bool(let flag)?: return flag ? "yes" : "no"
    case .number(let text)?: return text
    case .array?, .object?: return value.map { Terminal.visible($0.text) }
    }
  }

  private static func count(_ value: JSONValue?) -> String {
    switch value {
    case .array(let elements)?: String(elements.count)
    case .object(let members)?: String(members.count)
    default: text(value) ?? "-"
    }
  }

  /// Date and minute of an RFC 3339 time.
  static func time(_ text: String) -> String {
    let visible = Terminal.visible(text)
    let parts = visible.split(separator: "T", maxSplits: 1)
    guard parts.count == 2, parts[1].count >= 5 else { return visible }
    return "\(parts[0]) \(parts[1].prefix(5))"
  }

  /// Micro-units as units with at least two and at most six decimals.
  static func money(_ micros: Int64) -> String {
    let digits = String(micros.magnitude % 1_000_000)
    var fraction = String(repeating: "0", count: 6 - digits.count) + digits
    while fraction.count > 2, fraction.hasSuffix("0") { fraction.removeLast() }
    return "\(micros < 0 ? "-" : "")\(micros.magnitude / 1_000_000).\(fraction)"
  }

  /// Seconds in the largest units that give whole numbers: `90` is `1m30s`.
  static func span(_ seconds: Int64) -> String {
    var rest = seconds
    var text = ""
    for (unit, size) in [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)] as [(String, Int64)]
    where rest >= size {
      text += "\(rest / size)\(unit)"
      rest %= size
    }
    return text.isEmpty ? "0s" : text
  }
}
