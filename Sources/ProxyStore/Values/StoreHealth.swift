/// What the store can say about itself at one moment, for `/ready`, metrics and the admin pages.
public struct StoreHealth: Sendable, Equatable {
  /// False while the last attempt to write or to look for changes failed.
  public var isWritable: Bool
  /// What failed, as a clause without path or SQL; `nil` while all is well.
  public var problem: String?
  /// Since when attempts fail without a success in between.
  public var failingSince: Timestamp?
  /// Usage rows in memory that are not in the file yet.
  public var usageQueued: Int
  /// Usage rows lost because the queue was full, since the process started.
  public var usageDropped: UInt64
  /// Audit events in memory that are not in the file yet.
  public var auditQueued: Int
  /// Audit events lost because the queue was full, since the process started.
  public var auditDropped: UInt64
  /// Projects whose sealed provider key the configured `ENCRYPTION_KEY` does not open.
  public var unreadableProviderKeys: Int
}
