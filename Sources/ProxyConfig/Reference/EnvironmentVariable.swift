import ProxyCore

/// One environment variable that this program, or the Go program before it, knows.
///
/// `all` is the only list of them: reading, warnings and `docs/configuration.md` are made from it.
struct EnvironmentVariable: Sendable {
  /// What a value looks like.
  enum Kind: Sendable, Equatable {
    case text, secret, key, address, url, path, file, list, boolean, duration, seconds, age, size, number
    case count(ClosedRange<Int>)
    case choice([String])

    /// A count without an upper bound.
    static func atLeast(_ bound: Int) -> Kind { .count(bound...Int.max) }
  }

  /// What setting it does.
  enum Status: Sendable, Equatable {
    case used
    /// Accepted so that an existing environment starts; the reason why nothing follows from it.
    case withoutEffect(String)
    /// Accepted; takes effect with a part of the program that does not exist yet.
    case later(String)
  }

  /// A heading of the reference.
  enum Group: String, Sendable, CaseIterable {
    case server = "Server"
    case database = "Database"
    case providers = "Providers"
    case limits = "Limits and CORS"
    case tls = "TLS"
    case logging = "Logs, audit and metrics"
    case cache = "Response cache"
    case events = "Events and Redis"
    case admin = "Admin UI"
    case commands = "Commands"
  }

  let name: String
  let group: Group
  let kind: Kind
  /// The value in force when it is not set; empty for none.
  let standard: String
  let meaning: String
  let status: Status

  init(
    _ name: String, _ group: Group, _ kind: Kind, _ standard: String, _ meaning: String,
    _ status: Status = .used
  ) {
    self.name = name
    self.group = group
    self.kind = kind
    self.standard = standard
    self.meaning = meaning
    self.status = status
  }

  /// Every known variable.
  static let all: [EnvironmentVariable] = server + stages + admin + later + commands

  static let named: [String: EnvironmentVariable] = Dictionary(
    all.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })

  /// Checks a value of this variable, and gives it in the one form in which files and plugins see it:
  /// sizes in bytes, ages in seconds, booleans as `true` or `false`.
  func canonical(_ value: String) throws(SettingProblem) -> String {
    switch kind {
    case .text, .secret, .list, .file: return value
    case .key: _ = try SettingText.key(value)
    case .address: _ = try ListenAddress(parsing: value)
    case .url: _ = try UpstreamOrigin(parsing: value)
    case .path: return try SettingText.absolutePath(value)
    case .boolean: return String(try SettingText.boolean(value))
    case .duration: _ = try SettingText.duration(value)
    case .age: _ = try SettingText.retention(value)
    case .seconds: return String(try SettingText.seconds(value))
    case .size: return String(try SettingText.byteSize(value))
    case .number: _ = try SettingText.number(value)
    case .count(let range): return String(try SettingText.integer(value, in: range))
    case .choice(let words):
      guard words.contains(value.lowercased()) else {
        throw SettingProblem("is not one of the known values", "write \(words.joined(separator: ", "))")
      }
      return value.lowercased()
    }
    return value
  }

  /// True when the value must never be shown.
  var isSecret: Bool { kind == .secret || kind == .key }
}
