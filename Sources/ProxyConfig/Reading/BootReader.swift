import ProxyCore

/// Reads the settings of the start.
struct BootReader {
  let settings: SettingReader
  /// The top of the configuration file, if there is one.
  let file: Section?
  /// True for a path that is a folder.
  var isFolder: (String) -> Bool
  /// The folder of the running program, if known.
  var programFolder: String?

  private var environment: Environment { settings.environment }
  private var report: Report { settings.report }

  func read() -> BootSettings {
    var boot = BootSettings(managementToken: managementToken())
    boot.listen = settings.value(
      "listen", in: file, variable: "LISTEN_ADDR", default: boot.listen, show: \.description
    ) { (text) throws(SettingProblem) in try ListenAddress(parsing: text) }
    boot.eventLoops = settings.optional(
      "LLM_PROXY_EVENT_LOOPS", variable: "LLM_PROXY_EVENT_LOOPS", show: \.description
    ) {
      (text) throws(SettingProblem) in try SettingText.integer(text, in: 1...1024)
    }
    boot.database = database()
    boot.tls = tls()
    boot.log = log()
    boot.audit = audit()
    boot.usage = usage()
    boot.metrics = metrics()
    boot.admin = admin()
    if let programFolder {
      let folders = ["\(programFolder)/../share", "\(programFolder)/../lib/llm-proxy/share"]
      if let folder = folders.first(where: isFolder) { boot.openAPIFile = "\(folder)/openapi.yaml" }
    }
    boot.plugins = plugins()
    boot.runsAsDaemon = settings.boolean("DAEMON", variable: "DAEMON", default: false)
    boot.pidFile =
      settings.text("PID_FILE", variable: "PID_FILE") ?? (boot.runsAsDaemon ? "tmp/server.pid" : nil)
    boot.mockUpstream = settings.boolean("LLM_PROXY_MOCK", variable: "LLM_PROXY_MOCK", default: false)
    checkDaemon(boot)
    return boot
  }

  func managementToken() -> Secret {
    let name = "MANAGEMENT_TOKEN"
    guard let token = environment[name] else {
      report.refuse(
        SourceLocation(file: "environment", line: 0), name, "this is required and not set",
        "set it to a long random text, for example the output of: openssl rand -hex 32")
      return Secret("")
    }
    let (place, key) = environment.place(of: name)
    if token.utf8.count < 16 {
      report.warn(place, key, "this is shorter than 16 characters and can be guessed")
    }
    if token.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7f }) {
      report.refuse(
        place, key, "this holds a character that cannot be sent in a header", "use letters and digits")
    }
    report.resolve(name, Secret(token).description, from: environment.sourceDescription(of: name))
    return Secret(token)
  }

  private func database() -> DatabaseSettings {
    var database = DatabaseSettings()
    if let driver = environment["DB_DRIVER"]?.lowercased(), driver != "sqlite" {
      let (place, key) = environment.place(of: "DB_DRIVER")
      // A driver that nobody knows has been refused by checkVariables.
      if EnvironmentVariable.named["DB_DRIVER"].map({ (try? $0.canonical(driver)) != nil }) == true {
        report.refuse(place, key, "\"\(driver)\" is not served yet", "use sqlite, or leave it unset")
      }
    }
    database.path = settings.text("DATABASE_PATH", variable: "DATABASE_PATH", default: database.path)
    database.poolSize = settings.integer(
      "DATABASE_POOL_SIZE", variable: "DATABASE_POOL_SIZE", default: database.poolSize, range: 1...1_000)
    database.encryptionKey = settings.optional(
      "ENCRYPTION_KEY", variable: "ENCRYPTION_KEY", show: \.description, SettingText.key)
    database.requiresEncryptionKey = settings.boolean(
      "REQUIRE_ENCRYPTION_KEY", variable: "REQUIRE_ENCRYPTION_KEY", default: false)
    if database.requiresEncryptionKey, environment["ENCRYPTION_KEY"] == nil {
      let (place, key) = environment.place(of: "REQUIRE_ENCRYPTION_KEY")
      report.refuse(
        place, key, "ENCRYPTION_KEY is required and not set",
        "set ENCRYPTION_KEY to the output of: openssl rand -base64 32")
    }
    return database
  }

  private func tls() -> TLSSettings? {
    let certificate = settings.text("TLS_CERT_FILE", variable: "TLS_CERT_FILE")
    let key = settings.text("TLS_KEY_FILE", variable: "TLS_KEY_FILE")
    let version = settings.value(
      "TLS_MIN_VERSION", variable: "TLS_MIN_VERSION", default: TLSSettings.Version.tls12, show: \.rawValue
    ) { (text) throws(SettingProblem) in try SettingText.choice(text, of: TLSSettings.Version.self) }
    let isWanted = settings.boolean(
      "ENABLE_TLS", variable: "ENABLE_TLS", default: certificate != nil || key != nil)
    guard isWanted else { return nil }
    guard let certificate, let key else {
      let missing = certificate == nil ? "TLS_CERT_FILE" : "TLS_KEY_FILE"
      let named = certificate != nil ? "TLS_CERT_FILE" : key != nil ? "TLS_KEY_FILE" : "ENABLE_TLS"
      report.refuse(
        environment.place(of: named).location, missing, "TLS is asked for, and this is not set",
        "set TLS_CERT_FILE and TLS_KEY_FILE, or neither of them and no ENABLE_TLS")
      return nil
    }
    return TLSSettings(certificateFile: certificate, keyFile: key, minimumVersion: version)
  }

  func log() -> LogSettings {
    var log = LogSettings()
    log.level = settings.value("LOG_LEVEL", variable: "LOG_LEVEL", default: log.level, show: \.rawValue) {
      (text) throws(SettingProblem) in try SettingText.choice(text, of: LogSettings.Level.self)
    }
    log.format = settings.value("LOG_FORMAT", variable: "LOG_FORMAT", default: log.format, show: \.rawValue) {
      (text) throws(SettingProblem) in try SettingText.choice(text, of: LogSettings.Format.self)
    }
    log.file = settings.text("LOG_FILE", variable: "LOG_FILE")
    let megabytes = settings.integer(
      "LOG_MAX_SIZE_MB", variable: "LOG_MAX_SIZE_MB", default: 100, range: 0...1_048_576)
    log.maxFileBytes = megabytes == 0 ? nil : UInt64(megabytes) * 1_048_576
    log.maxBackups = settings.integer(
      "LOG_MAX_BACKUPS", variable: "LOG_MAX_BACKUPS", default: log.maxBackups, range: 0...1_000)
    return log
  }

  private func audit() -> AuditSettings {
    var audit = AuditSettings()
    audit.isEnabled = settings.boolean("AUDIT_ENABLED", variable: "AUDIT_ENABLED", default: true)
    // Set to nothing means no file here, as in the Go program; the database still keeps the trail.
    let standard = environment.isSet("AUDIT_LOG_FILE") ? "" : audit.file ?? ""
    let file = settings.text("AUDIT_LOG_FILE", variable: "AUDIT_LOG_FILE", default: standard)
    audit.file = file.isEmpty ? nil : file
    audit.createsDirectory = settings.boolean("AUDIT_CREATE_DIR", variable: "AUDIT_CREATE_DIR", default: true)
    audit.storesInDatabase = settings.boolean(
      "AUDIT_STORE_IN_DB", variable: "AUDIT_STORE_IN_DB", default: true)
    audit.retention = settings.optional(
      "AUDIT_RETENTION", variable: "AUDIT_RETENTION", show: SettingText.describe, SettingText.retention)
    return audit
  }

  private func usage() -> UsageSettings {
    var usage = UsageSettings()
    usage.retention = settings.value(
      "USAGE_RETENTION", variable: "USAGE_RETENTION", default: usage.retention, show: SettingText.describe,
      SettingText.retention)
    usage.rollupRetention = settings.value(
      "USAGE_ROLLUP_RETENTION", variable: "USAGE_ROLLUP_RETENTION",
      default: max(usage.rollupRetention, usage.retention), show: SettingText.describe, SettingText.retention)
    if usage.rollupRetention < usage.retention {
      let (place, key) = environment.place(of: "USAGE_ROLLUP_RETENTION")
      report.refuse(
        place, key, "this is less than USAGE_RETENTION, and sums must outlive their entries",
        "write \(SettingText.describe(usage.retention)) or more")
    }
    return usage
  }

  private func metrics() -> MetricsSettings {
    var metrics = MetricsSettings()
    metrics.isEnabled = settings.boolean("ENABLE_METRICS", variable: "ENABLE_METRICS", default: true)
    metrics.path = settings.value(
      "METRICS_PATH", variable: "METRICS_PATH", default: metrics.path, show: \.self, SettingText.absolutePath)
    if metrics.path == "/v1" || metrics.path.hasPrefix("/v1/") || metrics.path.hasPrefix("/manage")
      || metrics.path == "/"
    {
      let (place, key) = environment.place(of: "METRICS_PATH")
      report.refuse(
        place, key, "\"\(metrics.path)\" is used for something else", "choose another path, such as /metrics")
    }
    return metrics
  }

  private func checkDaemon(_ boot: BootSettings) {
    guard boot.runsAsDaemon else { return }
    let (place, key) = environment.place(of: "DAEMON")
    if boot.log.file == nil {
      report.refuse(
        place, key, "in the background there is no terminal to log to",
        "give a file with --log-file or LOG_FILE")
    }
  }
}
