/// Where the value of a setting came from, in parts.
public struct SettingOrigin: Sendable, Equatable {
  /// The kind of source.
  public enum Kind: String, Sendable {
    /// The command line.
    case flag
    /// The environment of the process.
    case environment
    /// A file with variables (`.env`).
    case environmentFile = "env_file"
    /// The configuration file.
    case file
    /// Nobody set it.
    case standard = "default"
  }

  /// The kind of source.
  public var kind: Kind
  /// `file:line`, the variable or the flag; `nil` for defaults.
  public var location: String?
  /// The configuration file, when it stands there.
  public var file: String?

  /// Takes apart what `ResolvedSetting.source` says.
  init(source: String, defaultsFile: String) {
    if source.hasPrefix("default") || source.hasPrefix(defaultsFile) {
      kind = .standard
    } else if source.hasPrefix("flag ") {
      kind = .flag
      location = String(source.dropFirst("flag ".count))
    } else if source.hasPrefix("environment ") {
      kind = .environment
      location = String(source.dropFirst("environment ".count))
    } else if let space = source.lastIndex(of: " "),
      EnvironmentVariable.named[String(source[source.index(after: space)...])] != nil
    {
      kind = .environmentFile
      location = String(source[..<space])
    } else {
      kind = .file
      location = source
      // The line, and what was interpolated there, are behind the last colon.
      file = source.lastIndex(of: ":").map { String(source[..<$0]) } ?? source
    }
  }
}

extension ResolvedSetting {
  /// `source` in parts.
  public var origin: SettingOrigin { SettingOrigin(source: source, defaultsFile: DefaultConfiguration.file) }
}
