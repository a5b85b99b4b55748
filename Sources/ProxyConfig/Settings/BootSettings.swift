public import ProxyCore

/// What is read once when the process starts and stays until it ends.
///
/// Everything that may change while the process runs is in `TrafficSettings`.
public struct BootSettings: Sendable {
  /// Where clients, management and the UI connect.
  public var listen: ListenAddress
  /// Bearer token of `/manage`; never empty.
  public var managementToken: Secret
  /// The SQLite file.
  public var database: DatabaseSettings
  /// TLS on the listener; `nil` means plain HTTP.
  public var tls: TLSSettings?
  /// The application's own log, and the file limits shared with the exchange log.
  public var log: LogSettings
  /// The trail of management actions.
  public var audit: AuditSettings
  /// How long the usage ledger is kept.
  public var usage = UsageSettings()
  /// The `/metrics` page.
  public var metrics: MetricsSettings
  /// The admin UI.
  public var admin: AdminSettings
  /// The description of the management API, in YAML.
  public var openAPIFile = "docs/openapi.yaml"
  /// Where plugins are found and which are trusted.
  public var plugins: PluginSettings
  /// Event loops to run; `nil` means one for each core the process may use.
  public var eventLoops: Int?
  /// Holds the process id while the process serves; `nil` means none. The command line writes and removes it.
  public var pidFile: String?
  /// True when the server runs in the background (`--daemon`); the command line sees to it.
  public var runsAsDaemon: Bool
  /// True when every API is answered by the mock adapter and nothing leaves the machine (`LLM_PROXY_MOCK`).
  public var mockUpstream: Bool

  /// Makes the settings of a process that was given nothing but the management token.
  public init(managementToken: Secret) {
    self.managementToken = managementToken
    listen = ListenAddress(host: "", port: 8080)
    database = DatabaseSettings()
    tls = nil
    log = LogSettings()
    audit = AuditSettings()
    metrics = MetricsSettings()
    admin = AdminSettings()
    plugins = PluginSettings()
    eventLoops = nil
    pidFile = nil
    runsAsDaemon = false
    mockUpstream = false
  }
}

/// The SQLite database.
public struct DatabaseSettings: Sendable {
  /// File path, relative to the working directory, or `:memory:`.
  public var path = "data/llm-proxy.db"
  /// Connections for reading, 1 or more.
  public var poolSize = 10
  /// Seals provider keys: the 32 bytes that `ENCRYPTION_KEY` holds in base64; `nil` means keys are stored in
  /// clear.
  public var encryptionKey: Secret?
  /// True when the process must not start without `encryptionKey` (checked while reading).
  public var requiresEncryptionKey = false

  /// The defaults.
  public init() {}
}

/// Certificate and key of the listener.
public struct TLSSettings: Sendable, Equatable {
  /// The lowest protocol version that is accepted.
  public enum Version: String, Sendable, CaseIterable {
    /// TLS 1.2.
    case tls12 = "1.2"
    /// TLS 1.3.
    case tls13 = "1.3"
  }

  /// PEM file with the certificate and its chain.
  public var certificateFile: String
  /// PEM file with the private key.
  public var keyFile: String
  /// The lowest protocol version that is accepted.
  public var minimumVersion: Version

  /// Makes settings from their parts.
  public init(certificateFile: String, keyFile: String, minimumVersion: Version = .tls12) {
    self.certificateFile = certificateFile
    self.keyFile = keyFile
    self.minimumVersion = minimumVersion
  }
}

/// The trail of management actions.
public struct AuditSettings: Sendable, Equatable {
  /// False switches the trail off altogether.
  public var isEnabled = true
  /// JSON lines are appended here; `nil` means no file.
  public var file: String? = "./data/audit.log"
  /// Makes the file's folder when it is absent.
  public var createsDirectory = true
  /// True when rows also go to the database.
  public var storesInDatabase = true
  /// Events older than this are removed; `nil` keeps them all.
  public var retention: Duration?

  /// The defaults.
  public init() {}
}

/// How long usage is kept.
public struct UsageSettings: Sendable, Equatable {
  /// Age at which entries of the ledger are removed.
  public var retention: Duration = .seconds(90 * 86_400)
  /// Age at which its sums by hour and day are removed.
  public var rollupRetention: Duration = .seconds(400 * 86_400)

  /// The defaults.
  public init() {}
}

/// The page that a metrics collector reads.
public struct MetricsSettings: Sendable, Equatable {
  /// False means `path` answers 404.
  public var isEnabled = true
  /// Absolute path without a trailing slash, such as `/metrics`.
  public var path = "/metrics"

  /// The defaults.
  public init() {}
}
