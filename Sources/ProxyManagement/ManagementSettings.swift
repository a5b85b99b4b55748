public import ProxyConfig
public import ProxyCore

/// What the control plane is configured with.
public struct ManagementSettings: Sendable {
  /// Bearer token of `/manage`; not empty.
  public var token: Secret
  /// Where the metrics are and whether there are any.
  public var metrics: MetricsSettings
  /// True when audit events are recorded at all.
  public var isAuditEnabled: Bool
  /// True when audit events also go to the database.
  public var storesAuditInDatabase: Bool

  /// The description of the API, in YAML; need not exist.
  public var openAPIFile = "docs/openapi.yaml"
  /// The admin UI and its accounts.
  public var admin: AdminSettings
  /// A steady clock in seconds, for sessions and throttling.
  var clock: @Sendable () -> Int64 = { Int64(Clocks.monotonicNanoseconds() / 1_000_000_000) }

  /// Settings with audit to the database and metrics at `/metrics`.
  public init(token: Secret) {
    self.token = token
    metrics = MetricsSettings()
    isAuditEnabled = true
    storesAuditInDatabase = true
    admin = AdminSettings()
  }

  /// The part of the process's settings that concerns management.
  public init(_ boot: BootSettings) {
    token = boot.managementToken
    metrics = boot.metrics
    isAuditEnabled = boot.audit.isEnabled
    storesAuditInDatabase = boot.audit.storesInDatabase
    admin = boot.admin
    openAPIFile = boot.openAPIFile
  }

  /// Throws when the token is empty, or the path of the metrics cannot be a path of its own.
  func check() throws(ConfigurationError) {
    if token.isEmpty {
      throw ConfigurationError(
        file: "environment", key: "MANAGEMENT_TOKEN", problem: "is empty",
        remedy: "set it to a long random text")
    }
    guard metrics.isEnabled else { return }
    let path = metrics.path
    let isPlain = path.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && !":*{}?#%".utf8.contains($0) }
    let first = path.split(separator: "/").first ?? ""
    let isTaken = ["v1", "manage", "self", "admin", "health", "ready", "live"].contains(first)
    guard path.hasPrefix("/"), isPlain, !isTaken, !path.hasSuffix("/"),
      CanonicalPath.redirection(of: path) == nil
    else {
      throw ConfigurationError(
        file: "environment", key: "METRICS_PATH", problem: "\"\(path)\" cannot be the path of the metrics",
        remedy: "use an absolute path of its own without a slash at the end, such as /metrics")
    }
  }
}
