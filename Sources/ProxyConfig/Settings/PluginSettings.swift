/// Where plugins are found and which are trusted.
public struct PluginSettings: Sendable, Equatable {
  /// What a plugin file must show before it is opened.
  public enum Trust: String, Sendable, CaseIterable {
    /// Any file in the folder with safe ownership and mode.
    case any
    /// Only the files listed in `files`, with their SHA-256.
    case pinned
    /// Only files with a detached signature beside them.
    case signed
  }

  /// One listed file.
  public struct File: Sendable, Equatable {
    /// File name inside `directory`.
    public var name: String
    /// SHA-256 as 64 lower-case hex digits; always present when trust is `pinned`.
    public var sha256: String?
    /// Where it was listed.
    public var origin: SourceLocation

    /// Makes an entry from its parts.
    public init(name: String, sha256: String? = nil, origin: SourceLocation) {
      self.name = name
      self.sha256 = sha256
      self.origin = origin
    }
  }

  /// The folder with `.so` files; relative paths count from the working directory.
  public var directory = "./plugins"
  /// What a plugin file must show before it is opened.
  public var trust = Trust.any
  /// Empty means every `.so` file of `directory`.
  public var files: [File] = []
  /// Where images are copied before they are opened; `nil` means a folder of the host's choosing.
  public var runtimeDirectory: String?

  /// The defaults.
  public init() {}
}
