/// Fills `${NAME}` and `${NAME:-default}` in from the environment; `$$` stands for a dollar sign.
struct Interpolation {
  /// Looks a name up; `nil` when it is not set or set to nothing.
  var lookup: (String) throws(SettingProblem) -> String?
  /// The names that were asked for, found or not.
  private(set) var names: Set<String> = []

  init(lookup: @escaping (String) throws(SettingProblem) -> String?) {
    self.lookup = lookup
  }

  /// The text with every reference filled in, and whether there was one.
  mutating func fill(_ text: String) throws(SettingProblem) -> (text: String, isInterpolated: Bool) {
    guard text.contains("$") else { return (text, false) }
    var result = ""
    var isInterpolated = false
    var rest = Substring(text)
    while let dollar = rest.firstIndex(of: "$") {
      result += rest[..<dollar]
      rest = rest[rest.index(after: dollar)...]
      switch rest.first {
      case "$":
        result += "$"
        rest.removeFirst()
      case "{":
        result += try reference(&rest)
        isInterpolated = true
      default:
        result += "$"
      }
    }
    return (result + rest, isInterpolated)
  }

  private mutating func reference(_ rest: inout Substring) throws(SettingProblem) -> String {
    guard let close = rest.firstIndex(of: "}") else {
      throw SettingProblem("has ${ without }", "write ${NAME} or ${NAME:-default}, and $$ for a dollar sign")
    }
    let body = rest.dropFirst()[..<close]
    rest = rest[rest.index(after: close)...]
    let name = body.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    let tail = body[name.endIndex...]
    guard !name.isEmpty, tail.isEmpty || tail.hasPrefix(":-") else {
      throw SettingProblem("has a malformed ${…}", "write ${NAME} or ${NAME:-default}")
    }
    names.insert(String(name))
    if let value = try lookup(String(name)) { return value }
    guard tail.hasPrefix(":-") else {
      throw SettingProblem(
        "uses ${\(name)}, which is not set", "set the variable, or give a default: ${\(name):-…}")
    }
    return String(tail.dropFirst(2))
  }
}
