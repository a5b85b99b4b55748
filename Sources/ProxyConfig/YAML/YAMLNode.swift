/// A value of a YAML document with the place where it was written: our own bounded copy of the parser's tree.
struct YAMLNode {
  /// The three shapes of a value.
  indirect enum Content {
    case scalar(YAMLScalar)
    case sequence([YAMLNode])
    case mapping([YAMLEntry])
  }

  var content: Content
  var place: SourceLocation

  /// What the value is called in messages.
  var shape: String {
    switch content {
    case .scalar(let scalar): scalar.isNull ? "empty" : "a single value"
    case .sequence: "a list"
    case .mapping: "a mapping"
    }
  }

  /// The value under `key` of a mapping.
  subscript(key: String) -> YAMLNode? {
    guard case .mapping(let entries) = content else { return nil }
    return entries.first { $0.key == key }?.value
  }
}

/// One key of a mapping with its value.
struct YAMLEntry {
  var key: String
  var place: SourceLocation
  var value: YAMLNode
}

/// A single value as it was written and as it reads after `${…}` has been filled in.
struct YAMLScalar: Equatable {
  /// The value with variables filled in.
  var text: String
  /// The value as it stands in the file: what messages may show.
  var written: String
  /// True for a value without quotes, whose text decides its type.
  var isPlain: Bool
  /// The last part of an explicit `!!` tag: `str`, `int`, `float`, `bool` or `null`; or `list` for `!list`,
  /// which makes a list of a text with commas, so that a variable can hold one.
  var tag: String?
  /// True when a variable was filled in, so that `text` may be a secret.
  var isInterpolated: Bool
  /// True when filling in failed, which has been told; no more is to be said about the value.
  var isFaulty = false

  /// True for a value that reads as nothing: `~`, `null`, or no text at all without quotes.
  var isNull: Bool { resolved == .null }

  /// True when filling in variables left nothing; a mapping's entry is then as good as not written.
  var isEmptyAfterInterpolation: Bool { isInterpolated && isPlain && text.isEmpty }

  /// The parts of a value tagged `!list`; `nil` for every other value.
  var list: [String]? { tag == "list" ? SettingText.list(text) : nil }
}

extension YAMLScalar {
  /// The types of the core schema of YAML 1.2 (section 10.3.2), which is what Go programs read too.
  enum Resolved: Equatable {
    case null
    case bool(Bool)
    /// Decimal digits with an optional minus sign, without superfluous zeros.
    case integer(String)
    /// A number as JSON writes it.
    case float(String)
    /// `.inf` and `.nan`, which JSON cannot express.
    case notFinite
    /// A whole number beyond 64 bits in base 8 or 16.
    case tooLarge
    case string
  }

  /// What the text is by the core schema. A quoted value is a string.
  var resolved: Resolved {
    if let tag, tag != "str", tag != "list" { return Self.untagged(text) }
    guard isPlain, tag == nil else { return .string }
    return Self.untagged(text)
  }

  private static func untagged(_ text: String) -> Resolved {
    switch text {
    case "", "~", "null", "Null", "NULL": return .null
    case "true", "True", "TRUE": return .bool(true)
    case "false", "False", "FALSE": return .bool(false)
    case ".nan", ".NaN", ".NAN": return .notFinite
    default: break
    }
    if text.hasPrefix("0x") { return prefixed(text, radix: 16) }
    if text.hasPrefix("0o") { return prefixed(text, radix: 8) }
    return number(text)
  }

  private static func prefixed(_ text: String, radix: Int) -> Resolved {
    let digits = text.dropFirst(2)
    let isNumber = digits.allSatisfy { ($0.hexDigitValue ?? 16) < radix && $0.isASCII } && !digits.isEmpty
    guard isNumber else { return .string }
    guard let value = UInt64(digits, radix: radix) else { return .tooLarge }
    return .integer(String(value))
  }

  /// `[-+]? [0-9]+` and `[-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`
  private static func number(_ text: String) -> Resolved {
    var rest = Substring(text)
    let sign = rest.first == "-" ? "-" : ""
    if rest.first == "-" || rest.first == "+" { rest.removeFirst() }
    if [".inf", ".Inf", ".INF"].contains(rest) { return .notFinite }
    let whole = digits(&rest)
    var fraction: String?
    if rest.first == "." {
      rest.removeFirst()
      fraction = digits(&rest)
    }
    guard !whole.isEmpty || fraction?.isEmpty == false else { return .string }
    var exponent = ""
    if rest.first == "e" || rest.first == "E" {
      rest.removeFirst()
      var mark = "e"
      if rest.first == "-" || rest.first == "+" { mark.append(rest.removeFirst()) }
      let power = digits(&rest)
      guard !power.isEmpty else { return .string }
      exponent = mark + power
    }
    guard rest.isEmpty else { return .string }
    let significant = whole.drop { $0 == "0" }
    let integer = sign + (significant.isEmpty ? "0" : significant)
    if fraction == nil, exponent.isEmpty { return .integer(integer == "-0" ? "0" : integer) }
    let point = fraction.map { $0.isEmpty ? ".0" : ".\($0)" } ?? ""
    return .float(integer + point + exponent)
  }

  private static func digits(_ rest: inout Substring) -> String {
    let run = rest.prefix { $0.isASCII && $0.isWholeNumber }
    rest = rest[run.endIndex...]
    return String(run)
  }
}
