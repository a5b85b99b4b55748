internal import GRDB
internal import GRDBSQLite
internal import ProxyCore

/// Bounds the time of a question: SQLite asks now and then whether to go on.
enum QueryTimeout {
  /// Instructions of SQLite's machine between two looks at the clock; some tens of microseconds.
  private static let interval: Int32 = 20_000

  /// Runs `body`, which only reads.
  ///
  /// - Throws: `StoreError.invalid` for `field` when the time is over.
  static func run<Value>(_ timeout: Duration, field: String, _ db: Database, _ body: () throws -> Value)
    throws
    -> Value
  {
    let deadline = UnsafeMutablePointer<UInt64>.allocate(capacity: 1)
    deadline.initialize(to: Clocks.monotonicNanoseconds() + timeout.nanoseconds)
    sqlite3_progress_handler(
      db.sqliteConnection, interval,
      { pointer in
        guard let deadline = pointer?.assumingMemoryBound(to: UInt64.self).pointee else { return 0 }
        return Clocks.monotonicNanoseconds() > deadline ? 1 : 0
      }, deadline)
    defer {
      sqlite3_progress_handler(db.sqliteConnection, 0, nil, nil)
      deadline.deallocate()
    }
    do {
      return try body()
    } catch let error as DatabaseError where error.resultCode == .SQLITE_INTERRUPT {
      throw StoreError.invalid(
        field: field,
        reason: "asks for more than can be read in \(timeout.seconds) s; ask for a shorter time or filter")
    }
  }
}
