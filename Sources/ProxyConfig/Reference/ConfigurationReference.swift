/// The reference of every variable and key, made from the tables that the reader itself uses.
public enum ConfigurationReference {
  /// Line in the document after which the generated part begins.
  public static let beginMark = "<!-- generated: begin -->"
  /// Line in the document at which the generated part ends.
  public static let endMark = "<!-- generated: end -->"

  /// The generated part of `docs/configuration.md`, without the marks.
  public static func markdown() -> String {
    var lines = ["## Keys of the file", ""]
    lines += ["| key | value | default | meaning |", "|---|---|---|---|"]
    lines += ConfigurationKey.all.map(row)
    lines += ["", "## Environment variables", ""]
    for group in EnvironmentVariable.Group.allCases {
      let variables = EnvironmentVariable.all.filter { $0.group == group }
      lines += ["### \(group.rawValue)", "", "| variable | value | default | meaning |", "|---|---|---|---|"]
      lines += variables.map(row) + [""]
    }
    lines += ["## What runs when the file says nothing", "", "```yaml"]
    return lines.joined(separator: "\n") + "\n" + DefaultConfiguration.text + "\n```\n"
  }

  private static func row(_ key: ConfigurationKey) -> String {
    let variable = key.variable.map { " Variable: `\($0)`." } ?? ""
    return "| `\(key.path)` | \(cell(key.form)) | \(code(key.standard)) | \(cell(key.meaning))\(variable) |"
  }

  private static func row(_ variable: EnvironmentVariable) -> String {
    let effect: String
    switch variable.status {
    case .used: effect = ""
    case .withoutEffect(let reason): effect = " *Accepted without effect: \(reason).*"
    case .later(let reason): effect = " *Accepted, not in effect yet: \(reason).*"
    }
    return
      "| `\(variable.name)` | \(cell(variable.kind.form)) | \(code(variable.standard)) | "
      + "\(cell(variable.meaning + effect)) |"
  }

  private static func code(_ text: String) -> String {
    text.isEmpty ? "–" : text.contains(" ") ? cell(text) : "`\(text)`"
  }

  private static func cell(_ text: String) -> String { text.replacing("|", with: "\\|") }
}

extension EnvironmentVariable.Kind {
  /// What a value looks like, for readers.
  var form: String {
    switch self {
    case .text: "text"
    case .secret: "secret"
    case .key: "secret, base64"
    case .address: "address"
    case .url: "URL"
    case .path: "path of a URL"
    case .file: "file or folder"
    case .list: "list with commas"
    case .boolean: "boolean"
    case .duration: "duration"
    case .age: "duration, 1h or more"
    case .seconds: "seconds or duration"
    case .size: "size"
    case .number: "number"
    case .count(let range):
      range.upperBound == Int.max
        ? "number, \(range.lowerBound) or more" : "number, \(range.lowerBound) to \(range.upperBound)"
    case .choice(let words): words.map { "`\($0)`" }.joined(separator: ", ")
    }
  }
}
