internal import GRDB

/// One operation that waits for the writer. Jobs that wait together share a transaction, each in a savepoint
/// of its own, and are told the outcome after the commit.
struct WriteJob: Sendable {
  /// Monotonic nanoseconds after which it fails rather than be tried again.
  var deadline: UInt64
  /// Works in the transaction, possibly more than once when a transaction has to be repeated, and returns
  /// what to call after the commit.
  var body: @Sendable (Database) throws -> @Sendable () -> Void
  /// Called instead when it could not be done.
  var fail: @Sendable (StoreError) -> Void
}
