import ProxyCore
import Synchronization

/// What was taken from the limits and may have to be corrected: concurrency units, estimated costs. Any thread.
final class LeaseBook: Sendable {
  private struct Books {
    var next: UInt64 = 1
    var open: [UInt64: Lease] = [:]
  }

  private struct Lease {
    var requests: [LimitTable.Request]
    /// Monotonic nanoseconds.
    var takenAt: UInt64
  }

  private let limits: LimitTable
  private let books = Mutex(Books())

  init(_ limits: LimitTable) {
    self.limits = limits
  }

  /// Notes what was taken at `now`; the number names it.
  func begin(_ requests: some Collection<LimitTable.Request>, now: UInt64) -> UInt64 {
    let kept = requests.map(\.kept)
    return books.withLock { books in
      defer { books.next += 1 }
      books.open[books.next] = Lease(requests: kept, takenAt: now)
      return books.next
    }
  }

  /// Puts the real cost in the place of the estimate. False when the lease or the index is not there.
  func settle(_ number: UInt64, _ index: Int, realCost: UInt64) -> Bool {
    let found = books.withLock { books -> (request: LimitTable.Request, takenAt: UInt64)? in
      guard let lease = books.open[number], lease.requests.indices.contains(index) else { return nil }
      books.open[number]?.requests[index].cost = realCost
      return (lease.requests[index], lease.takenAt)
    }
    guard let found else { return false }
    var request = found.request
    let estimate = request.cost
    let now = Clocks.monotonicNanoseconds()
    if realCost > estimate {
      request.cost = realCost - estimate
      limits.charge(request, now: now)
    } else {
      request.cost = estimate - realCost
      limits.giveBack(request, takenAt: found.takenAt, now: now)
    }
    return true
  }

  /// The exchange is over: units that were held are free again.
  func end(_ lease: UInt64) {
    guard let lease = books.withLock({ $0.open.removeValue(forKey: lease) }) else { return }
    let now = Clocks.monotonicNanoseconds()
    for request in lease.requests where request.isConcurrency {
      limits.giveBack(request, takenAt: lease.takenAt, now: now)
    }
  }
}
