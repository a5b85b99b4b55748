/// Everything that was read: settings for the start, settings for traffic, and what to tell the operator.
public struct Configuration: Sendable {
  /// What is read once when the process starts.
  public var boot: BootSettings
  /// What governs traffic.
  public var traffic: TrafficSettings
  /// What is odd but no reason to refuse.
  public var warnings: [ConfigurationWarning]
  /// Each setting with its value and where it came from, in the order of the reference.
  public var settings: [ResolvedSetting]
}

/// One setting as `config check` shows it.
public struct ResolvedSetting: Sendable, Equatable {
  /// Path in the file, such as `limits.request_body_bytes`.
  public var key: String
  /// The value in force as text; dots for a secret.
  public var value: String
  /// `default`, a file with line, `environment NAME`, or a flag.
  public var source: String
}
