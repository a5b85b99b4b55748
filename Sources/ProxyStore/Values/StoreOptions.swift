public import ProxyCore

/// How a store opens its database and how it behaves while it runs.
public struct StoreOptions: Sendable {
  /// Database file. Created with mode 0600 (and its folder with 0700) when it is not there.
  public var path: String
  /// Seals provider keys at rest; `nil` stores them as they are, as the Go program does without
  /// `ENCRYPTION_KEY`.
  public var sealingKey: SealingKey?
  /// How long one attempt waits for another process's write lock before it is given up and repeated.
  public var busyTimeout: Duration = .milliseconds(500)
  /// How long an operation or a count may wait for a database that cannot be written before it fails.
  public var operationTimeout: Duration = .seconds(5)
  /// Longest time a batched row waits in memory, and the interval of looks for other processes' changes.
  public var tickInterval: Duration = .milliseconds(100)
  /// After this time without use the rest of a token's lease goes back to the file.
  public var leaseIdleTimeout: Duration = .seconds(10)
  /// Usage rows kept in memory while they cannot be written; further ones are dropped and counted.
  public var usageQueueLimit = 65_536
  /// Audit events kept in memory while they cannot be written; further ones are dropped and counted.
  public var auditQueueLimit = 8_192
  /// Audit events older than this are removed; `nil` keeps them all.
  public var auditRetention: Duration?
  /// Time between looks for audit events that are too old.
  public var retentionInterval: Duration = .seconds(60)
  /// What models cost; decides about charges.
  public var prices = PriceBook()
  /// Age at which ledger entries are deleted; `nil` keeps them.
  public var usageRetention: Duration? = .seconds(90 * 86_400)
  /// Age at which the sums by hour and day are deleted; `nil` keeps them.
  public var rollupRetention: Duration? = .seconds(400 * 86_400)
  /// Longest time that a question about usage may take to read.
  public var queryTimeout: Duration = .seconds(10)
  /// Read connections beside the writer.
  public var readerCount = 4

  /// Options with the documented defaults for the database at `path`.
  public init(path: String, sealingKey: SealingKey? = nil) {
    self.path = path
    self.sealingKey = sealingKey
  }
}
