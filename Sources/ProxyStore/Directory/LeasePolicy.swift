/// How many counts of a limited token the writer takes from the file ahead of use.
///
/// The file's `request_count` includes what is leased, so that a process that is killed can only have counted
/// too much. What a crash forfeits is the price for counting at memory speed, and this is its bound: at most
/// `block(remaining:)`, or the number of requests that were waiting for a count at that moment if that is
/// more.
enum LeasePolicy {
  /// Largest block.
  static let cap: Int64 = 1000
  /// A block is this fraction of what remains.
  static let fraction: Int64 = 32

  /// Counts to hold when `remaining` are left in the file: 1 in 32 of them, at least 1, at most 1,000; 0 when
  /// none is.
  static func block(remaining: Int64) -> Int64 {
    remaining <= 0 ? 0 : min(cap, max(1, remaining / fraction))
  }

  /// Whether to fetch the next block: half of this one is used.
  static func isLow(lease: Int64, remaining: Int64) -> Bool {
    remaining > 0 && lease <= block(remaining: remaining) / 2
  }

  /// Counts to take from the file now.
  ///
  /// - Parameters:
  ///   - remaining: left in the file, after everything else this transaction writes.
  ///   - lease: held already.
  ///   - demand: requests waiting for a count.
  static func grant(remaining: Int64, lease: Int64, demand: Int64) -> Int64 {
    max(0, min(remaining, max(block(remaining: remaining), demand) - lease))
  }
}
