internal import GRDB
public import ProxyCore
internal import Synchronization

/// The proxy's state: one SQLite file and what of it traffic needs in memory.
///
/// Traffic talks to `directory` and `usage`, which never wait for the file. Management talks to the
/// asynchronous operations in the extensions; each is durable when it returns, and in force for the next
/// request. Any thread.
public final class Store: Sendable {
  /// Tokens and projects in memory.
  public let directory: Directory
  /// Takes the usage of finished exchanges.
  public let usage: UsageLedger

  let writer: Writer
  let pool: DatabasePool
  let sealingKey: SealingKey?
  private let retention: AuditRetention?
  /// What models cost.
  public let prices: PriceBook
  let queryTimeout: Duration

  /// Opens the file, creates or migrates it, replaces tokens stored in clear by their hashes, loads the
  /// directory and starts the writer. Blocks for all of that (about two seconds for a million tokens): call
  /// it before traffic.
  ///
  /// A provider key that cannot be opened is no error here: `health` counts them and the project says what to
  /// do.
  ///
  /// - Throws: `StoreError.unusable` with a sentence that says what to do.
  public init(_ options: StoreOptions) throws(StoreError) {
    do {
      try DatabaseFile.prepare(options.path)
      let pool = try DatabaseFile.open(options)
      let directory = Directory()
      usage = UsageLedger(limit: options.usageQueueLimit)
      writer = try Writer(
        pool: pool, directory: directory, usage: usage,
        audit: BatchQueue(limit: options.auditQueueLimit, wakeAt: UsageLedger.batch), options: options)
      self.directory = directory
      self.pool = pool
      sealingKey = options.sealingKey
      prices = options.prices
      queryTimeout = options.queryTimeout
      try writer.load()
      try DatabaseFile.protect(options.path)
    } catch let error as StoreError {
      throw error
    } catch {
      let reason = (error as? DatabaseError)?.plainReason ?? "\(error)"
      throw .unusable("the database \(options.path) cannot be used: \(reason)")
    }
    writer.start()
    if let age = options.auditRetention {
      retention = AuditRetention(age: age, interval: options.retentionInterval, writer: writer)
    } else {
      retention = nil
    }
  }

  /// Writes what waits, gives unused leases back and closes the file. Nothing may use the store afterwards.
  ///
  /// - Returns: false when something could not be written within `operationTimeout` and is lost.
  @discardableResult
  public func close() async -> Bool {
    retention?.stop()
    return await writer.close()
  }

  /// How the store is doing.
  public var health: StoreHealth {
    let problem = writer.problem
    return StoreHealth(
      isWritable: problem == nil, problem: problem?.reason, failingSince: problem?.since,
      usageQueued: usage.queued,
      usageDropped: usage.dropped, auditQueued: writer.audit.queued, auditDropped: writer.audit.dropped,
      unreadableProviderKeys: directory.unreadableProviderKeys)
  }

  /// Number of the schema this program writes.
  public static var schemaVersion: Int { Migrator.newest }

  /// Reads on a connection of the pool.
  func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws(StoreError)
    -> Value
  {
    do { return try await pool.read(body) } catch { throw StoreError(database: error) }
  }
}
