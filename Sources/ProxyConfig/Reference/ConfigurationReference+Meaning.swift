extension ConfigurationReference {
  /// What the reference says about a setting.
  public struct Meaning: Sendable, Equatable {
    /// One or two sentences; Markdown.
    public var text: String
    /// The environment variable that sets it.
    public var variable: String?
  }

  /// The meaning of a setting by the key of `ResolvedSetting`: a variable, or a path such as
  /// `apis.openai.base_url` or `pipeline[0].name`; `nil` for what has none.
  public static func meaning(of key: String) -> Meaning? {
    if let variable = EnvironmentVariable.named[key] {
      return Meaning(text: variable.meaning, variable: key)
    }
    return meanings[pattern(of: key)]
  }

  private static let meanings: [String: Meaning] = Dictionary(
    ConfigurationKey.all.map { ($0.path, Meaning(text: $0.meaning, variable: $0.variable)) },
    uniquingKeysWith: { first, _ in first })

  /// `apis.openai.base_url` is described as `apis.*.base_url`, `pipeline[3].use` as `pipeline[].use`.
  private static func pattern(of key: String) -> String {
    var parts = key.split(separator: ".").map { part -> Substring in
      guard part.hasSuffix("]"), let open = part.lastIndex(of: "[") else { return part }
      return part[..<open] + "[]"
    }
    if parts.first == "apis", parts.count > 1 { parts[1] = "*" }
    return parts.joined(separator: ".")
  }
}
