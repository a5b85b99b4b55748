/// The writer's side of a counter: what a transaction has to write for a token, and what its end means.
extension TokenCounter {
  /// What has to be written for one token.
  struct Work {
    /// Requests counted in memory to add.
    var counts: Int64
    /// Cache hits to add.
    var cacheHits: Int64
    /// Unused counts to take off again.
    var returning: Int64
    /// True when a lease is to be fetched.
    var wantsRefill: Bool
    /// Held already.
    var lease: Int64
    /// Requests waiting.
    var demand: Int64
    /// 0 when there is nothing to say.
    var lastUsed: Int64
  }

  /// How the transaction ended for this token.
  enum Result {
    /// Committed; count and limit are the row's, `granted` is the new part of the lease.
    case committed(fileCount: Int64, limit: Int64, granted: Int64)
    /// Rolled back; who has waited since before `giveUpBefore` is told that the store is unavailable.
    case failed(now: Int64, giveUpBefore: Int64)
    /// There is no such row any more.
    case gone
  }

  /// The token leaves the queue: moves what is to be written into transit.
  mutating func beginWriting() -> Work {
    isQueued = false
    transit = pending
    pending = 0
    guard let detail else {
      return Work(
        counts: Int64(transit), cacheHits: 0, returning: 0, wantsRefill: false, lease: 0, demand: 0,
        lastUsed: lastUsed)
    }
    detail.transitHits = detail.cacheHits
    detail.cacheHits = 0
    detail.transitReturn = detail.returning
    return Work(
      counts: Int64(transit), cacheHits: detail.transitHits, returning: detail.returning,
      wantsRefill: detail.wantsRefill, lease: detail.lease, demand: Int64(detail.waiters.count),
      lastUsed: lastUsed)
  }

  /// The transaction is about to be committed with this grant; readers of the row may see it from now on.
  mutating func announce(granted: Int64) {
    if granted > 0 { detailForWriting().transitLease = granted }
  }

  /// The transaction has ended.
  ///
  /// - Returns: the waiters to call, outside of the lock, and whether the token has to be queued again.
  mutating func endWriting(_ result: Result) -> (released: [@Sendable () -> Void], errand: Errand) {
    switch result {
    case .committed(let count, let limit, let granted):
      // Another process may have changed the limit and the change not have arrived here yet.
      self.limit = limit
      return (commit(fileCount: count, granted: granted), .none)
    case .failed(let now, let giveUpBefore): return fail(now: now, giveUpBefore: giveUpBefore)
    case .gone:
      isActive = false
      pending = 0
      if limit > 0 { fileCount = max(fileCount, limit) }
      if let detail {
        detail.lease = 0
        detail.cacheHits = 0
        detail.returning = detail.transitReturn
      }
      return (commit(fileCount: fileCount, granted: 0), .none)
    }
  }

  /// Requests counted, given the row's `request_count` read at about this moment.
  ///
  /// Exact for what this process did, whether the row was read before or after the transaction that is just
  /// being committed; another process's lease counts as used.
  func usedCount(fileRow: Int64) -> Int64 {
    guard let detail else {
      let written = transit > 0 && fileRow >= fileCount + Int64(transit)
      return max(fileRow, fileCount) + Int64(pending) + (written ? 0 : Int64(transit))
    }
    let moved = Int64(transit) + detail.transitLease - detail.transitReturn
    if moved > 0, fileRow >= fileCount + moved {
      return fileRow + Int64(pending) - detail.lease - detail.transitLease
        - (detail.returning - detail.transitReturn)
    }
    return max(0, max(fileRow, fileCount) + Int64(pending) + Int64(transit) - detail.lease - detail.returning)
  }

  private mutating func commit(fileCount count: Int64, granted: Int64) -> [@Sendable () -> Void] {
    fileCount = count
    transit = 0
    guard let detail else { return [] }
    detail.transitHits = 0
    detail.returning -= detail.transitReturn
    detail.transitReturn = 0
    detail.transitLease = 0
    detail.lease += granted
    detail.wantsRefill = false
    detail.unavailableUntil = 0
    defer { detail.waiters = [] }
    return detail.waiters
  }

  private mutating func fail(now: Int64, giveUpBefore: Int64) -> (
    released: [@Sendable () -> Void], errand: Errand
  ) {
    pending &+= transit
    transit = 0
    var released: [@Sendable () -> Void] = []
    if let detail {
      detail.cacheHits += detail.transitHits
      detail.transitHits = 0
      detail.transitReturn = 0
      detail.transitLease = 0
      if detail.wantsRefill, detail.lease == 0, detail.waitingSince <= giveUpBefore {
        released = detail.waiters
        detail.waiters = []
        detail.wantsRefill = false
        detail.unavailableUntil = now + 1000
      }
    }
    let hasWork =
      pending > 0 || (detail.map { $0.wantsRefill || $0.returning > 0 || $0.cacheHits > 0 } ?? false)
    guard hasWork, !isQueued else { return (released, .none) }
    isQueued = true
    return (released, .queue)
  }
}
