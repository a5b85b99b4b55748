import FoundationEssentials
import ProxyCore

/// Variables by name, each with where it was set: on the command line, in the process environment, or in a
/// file.
///
/// The first source that sets a name wins, in that order. A variable that is set to nothing counts as not
/// set, because compose files and unit files pass every variable they know.
public struct Environment: Sendable {
  /// Where a variable was set.
  enum Source: Sendable, Equatable {
    case flag(String)
    case process
    case file(SourceLocation)
  }

  private struct Entry: Sendable {
    var value: String
    var source: Source
  }

  private var entries: [String: Entry]
  private(set) var warnings: [ConfigurationWarning] = []

  /// Makes an environment of `variables`, as if the process had been started with them.
  public init(_ variables: [String: String]) {
    entries = variables.mapValues { Entry(value: $0, source: .process) }
  }

  /// The environment of this process and nothing else.
  public static var process: Environment { Environment(ProcessInfo.processInfo.environment) }

  /// The process environment with the variables of the file that `--env` or `ENV` names (default `.env`).
  ///
  /// The file never overrides the process. Throws `ConfigurationRefusal` when the file is malformed, or when
  /// `--env` names a file that does not exist.
  public static func process(file: String?) throws(ConfigurationRefusal) -> Environment {
    var environment = Environment.process
    try environment.addFile(named: file)
    return environment
  }

  /// Adds the variables of a file: `name` if given, else the one that `ENV` names, else `.env`.
  public mutating func addFile(named name: String?) throws(ConfigurationRefusal) {
    let path = name ?? self["ENV"] ?? ".env"
    let text: String
    do {
      text = try BoundedFile.text(path)
    } catch .missing where name == nil {
      // ENV is often set to "production" by other tools, so a file that is not there is no reason to stop.
      if self["ENV"] != nil {
        warnings.append(
          ConfigurationWarning(
            file: "environment", key: "ENV",
            message: "file \(path) does not exist; no variables were read from it"))
      }
      return
    } catch {
      throw ConfigurationRefusal(errors: [Self.refusal(of: path, error)])
    }
    try add(EnvironmentFile(parsing: text, named: path, existing: self))
  }

  private static func refusal(of path: String, _ failure: BoundedFile.Failure) -> ConfigurationError {
    var line: Int?
    if case .notUTF8(let number) = failure { line = number }
    return ConfigurationError(
      file: path, line: line, problem: "the file \(failure.problem)",
      remedy: "--env and ENV name a text file with a line NAME=value for each variable")
  }

  private mutating func add(_ file: EnvironmentFile) throws(ConfigurationRefusal) {
    if !file.errors.isEmpty { throw ConfigurationRefusal(errors: file.errors) }
    for variable in file.variables where entries[variable.name]?.source != .process {
      entries[variable.name] = Entry(value: variable.value, source: .file(variable.origin))
    }
  }

  /// Sets `name` as a flag of the command line does: it wins over every other source.
  mutating func override(_ name: String, with value: String?, flag: String) {
    if let value { entries[name] = Entry(value: value, source: .flag(flag)) }
  }

  /// The value of `name`; `nil` when it is not set or set to nothing.
  public subscript(name: String) -> String? {
    guard let entry = entries[name], !entry.value.isEmpty else { return nil }
    return entry.value
  }

  /// Whether `name` is set, even to nothing.
  func isSet(_ name: String) -> Bool { entries[name] != nil }

  /// Every name that is set, sorted.
  var names: [String] { entries.keys.sorted() }

  /// The place and the key for a message about `name`.
  func place(of name: String) -> (location: SourceLocation, key: String) {
    switch entries[name]?.source {
    case .flag(let flag): (SourceLocation(file: "command line", line: 0), flag)
    case .file(let origin): (origin, name)
    case .process, nil: (SourceLocation(file: "environment", line: 0), name)
    }
  }

  /// Where `name` was set, for `config check`.
  func sourceDescription(of name: String) -> String {
    switch entries[name]?.source {
    case .flag(let flag): flag.hasPrefix("--") ? "flag \(flag)" : flag
    case .file(let origin): "\(origin) \(name)"
    case .process, nil: "environment \(name)"
    }
  }
}
