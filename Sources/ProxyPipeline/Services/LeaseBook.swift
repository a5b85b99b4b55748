import ProxyCore
import Synchronization

/// What was taken from the limits and may have to be corrected: concurrency units, estimated costs. Any thread.
final class LeaseBook: Sendable {
  private struct Books {
    var next: UInt64 = 1
    var open: [UInt64: [LimitTable.Request]] = [:]
  }

  private let limits: LimitTable
  private let books = Mutex(Books())

  init(_ limits: LimitTable) {
    self.limits = limits
  }

  /// Notes what was taken; the number names it.
  func begin(_ requests: [LimitTable.Request]) -> UInt64 {
    let kept = requests.map(\.kept)
    return books.withLock { books in
      defer { books.next += 1 }
      books.open[books.next] = kept
      return books.next
    }
  }

  /// Puts the real cost in the place of the estimate. False when the lease or the index is not there.
  func settle(_ lease: UInt64, _ index: Int, realCost: UInt64) -> Bool {
    let request = books.withLock { books -> LimitTable.Request? in
      guard let requests = books.open[lease], requests.indices.contains(index) else { return nil }
      books.open[lease]?[index].cost = realCost
      return requests[index]
    }
    guard var request else { return false }
    let estimate = request.cost
    let now = Clocks.monotonicNanoseconds()
    if realCost > estimate {
      request.cost = realCost - estimate
      limits.charge(request, now: now)
    } else {
      request.cost = estimate - realCost
      limits.giveBack(request, now: now)
    }
    return true
  }

  /// The exchange is over: units that were held are free again.
  func end(_ lease: UInt64) {
    let requests = books.withLock { $0.open.removeValue(forKey: lease) }
    let now = Clocks.monotonicNanoseconds()
    for request in requests ?? [] where request.isConcurrency { limits.giveBack(request, now: now) }
  }
}
