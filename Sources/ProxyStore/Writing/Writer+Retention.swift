internal import GRDB
internal import ProxyCore

extension Writer {
  /// How long after the last old row is looked for the next one.
  private static let trimInterval: UInt64 = 60_000_000_000

  /// Deletes a few rows of the ledger that are too old, in a transaction of its own; with the next tick again
  /// while there are more.
  func trimUsage(_ now: UInt64) {
    guard now >= confined.trimmedUntil, problem == nil else { return }
    var hasMore = false
    do {
      try pool.writeWithoutTransaction { db in
        try db.inTransaction(.immediate) {
          hasMore = try UsageRetention(options).trim(now: Clocks.unixMilliseconds(), db)
          return .commit
        }
      }
    } catch {
      // Nothing depends on it today: rows that stay a minute longer harm nobody, and whether the file can be
      // written is told by what has to be.
    }
    if !hasMore { confined.trimmedUntil = now + Self.trimInterval }
  }
}
