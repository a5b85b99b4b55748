public import ProxyCore

/// The flags of `llm-proxy admin` as given; `nil` means not given.
public struct AdminFlags: Sendable, Equatable {
  /// `--listen`: see `ADMIN_UI_LISTEN_ADDR`.
  public var listen: String?
  /// `--api-base-url`: see `ADMIN_UI_API_BASE_URL`.
  public var apiBaseURL: String?
  /// `--management-token`: see `MANAGEMENT_TOKEN`.
  public var managementToken: String?

  /// No flag given.
  public init() {}
}

/// What `llm-proxy admin` is started with.
public struct AdminServerSettings: Sendable {
  /// Where browsers connect.
  public var listen: ListenAddress
  /// The server that is asked; read again by its client.
  public var apiBaseURL: String
  /// What that server knows us by.
  public var managementToken: Secret
  /// Accounts, sessions and files.
  public var admin: AdminSettings
  /// The application's log.
  public var log: LogSettings
  /// What is odd but no reason to refuse.
  public var warnings: [ConfigurationWarning]

  /// Reads the settings: a flag wins over the variable, that over the default. Throws every mistake found.
  public static func load(flags: AdminFlags, environment: Environment) throws(ConfigurationRefusal)
    -> AdminServerSettings
  {
    var environment = environment
    environment.override("ADMIN_UI_LISTEN_ADDR", with: flags.listen, flag: "--listen")
    environment.override("ADMIN_UI_API_BASE_URL", with: flags.apiBaseURL, flag: "--api-base-url")
    environment.override("MANAGEMENT_TOKEN", with: flags.managementToken, flag: "--management-token")
    let report = Report()
    let settings = SettingReader(environment: environment, report: report)
    settings.checkVariables()
    let reader = BootReader(
      settings: settings, file: nil, isFolder: Configuration.isFolder,
      programFolder: Configuration.programFolder())
    let standard = ListenAddress(host: "", port: 8081)
    let listen = settings.value(
      "ADMIN_UI_LISTEN_ADDR", variable: "ADMIN_UI_LISTEN_ADDR", default: standard, show: \.description
    ) { (text) throws(SettingProblem) in try ListenAddress(parsing: text) }
    let read = AdminServerSettings(
      listen: listen,
      apiBaseURL: settings.text(
        "ADMIN_UI_API_BASE_URL", variable: "ADMIN_UI_API_BASE_URL", default: "http://localhost:8080"),
      managementToken: reader.managementToken(), admin: reader.admin(), log: reader.log(),
      warnings: environment.warnings + report.warnings)
    try report.throwIfRefused()
    return read
  }
}
