import Testing

@testable import ProxyStore

/// The counter's decisions, without a file, a clock or a thread.
@Suite struct TokenCounterTests {
  private func counter(limit: Int64, used: Int64 = 0) -> TokenCounter {
    TokenCounter(row: row(limit: limit, used: used))
  }

  private func row(limit: Int64, used: Int64 = 0) -> TokenRow {
    TokenRow(limit: limit, used: used)
  }

  private func lease(_ counter: inout TokenCounter, _ granted: Int64) {
    let work = counter.beginWriting()
    let file = counter.fileCount + work.counts - work.returning + granted
    counter.announce(granted: granted)
    _ = counter.endWriting(.committed(fileCount: file, limit: counter.limit, granted: granted))
  }

  @Test func `an unlimited token is counted at once and queued once`() {
    var counter = counter(limit: 0)
    #expect(counter.take(now: 1, ready: nil) == (.taken, .queue))
    #expect(counter.take(now: 2, ready: nil) == (.taken, .none))
    #expect(counter.beginWriting().counts == 2)
    #expect(counter.take(now: 3, ready: nil) == (.taken, .queue))
    #expect(counter.usedCount(fileRow: 0) == 3)
    #expect(counter.usedCount(fileRow: 2) == 3)
  }

  @Test func `a limited token waits for its lease and fetches the next one ahead of need`() {
    var counter = counter(limit: 128)
    #expect(counter.take(now: 1, ready: {}) == (.pending, .queueNow))
    #expect(counter.take(now: 1, ready: {}) == (.pending, .none))
    let work = counter.beginWriting()
    #expect(work.wantsRefill && work.demand == 2)
    counter.announce(granted: 4)
    #expect(counter.usedCount(fileRow: 4) == 0 && counter.usedCount(fileRow: 0) == 0)
    let end = counter.endWriting(.committed(fileCount: 4, limit: 128, granted: 4))
    #expect(end.released.count == 2)
    #expect(counter.take(now: 2, ready: nil) == (.taken, .none))
    // 3 of 4 left, block is 3: half of it is 1.
    #expect(counter.take(now: 2, ready: nil) == (.taken, .none))
    #expect(counter.take(now: 2, ready: nil) == (.taken, .queueNow))
    #expect(counter.usedCount(fileRow: 4) == 3)
  }

  @Test func `a lease that is being given back is not the end of the token`() {
    var counter = counter(limit: 4)
    #expect(counter.take(now: 1, ready: nil) == (.pending, .queueNow))
    lease(&counter, 4)
    #expect(counter.giveBack(idleSince: 0) == .none)
    #expect(counter.giveBack(idleSince: 1) == .queue)
    #expect(counter.state(now: 2) == .active)
    #expect(counter.take(now: 2, ready: nil) == (.pending, .wake))
    let work = counter.beginWriting()
    #expect(work.returning == 4 && work.wantsRefill)
    _ = counter.endWriting(.committed(fileCount: 1, limit: 4, granted: 1))
    #expect(counter.take(now: 3, ready: nil).outcome == .taken)
    #expect(counter.usedCount(fileRow: 1) == 1)
  }

  @Test func `a failed transaction keeps the counts and tells who has waited too long`() {
    var counter = counter(limit: 10)
    #expect(counter.take(now: 100, ready: {}).outcome == .pending)
    _ = counter.beginWriting()
    var end = counter.endWriting(.failed(now: 200, giveUpBefore: 50))
    #expect(end.released.isEmpty && end.errand == .queue)
    _ = counter.beginWriting()
    end = counter.endWriting(.failed(now: 300, giveUpBefore: 150))
    #expect(end.released.count == 1)
    #expect(counter.take(now: 301, ready: nil).outcome == .unavailable)
    #expect(counter.take(now: 1301, ready: nil).outcome == .pending)
  }

  @Test func `what a lowered limit cuts off goes back, and a lifted limit gives all back`() {
    var counter = counter(limit: 3200)
    _ = counter.take(now: 1, ready: nil)
    lease(&counter, 100)
    for _ in 0..<10 { _ = counter.take(now: 2, ready: nil) }
    #expect(counter.reload(row(limit: 50, used: 100)) == .queueNow)
    #expect(counter.usedCount(fileRow: 100) == 10)
    var taken = 0
    while counter.take(now: 3, ready: nil).outcome == .taken { taken += 1 }
    #expect(taken == 40)
    lease(&counter, 0)
    #expect(counter.fileCount == 50 && counter.state(now: 3) == .usedUp)
  }

  @Test func `a row that is gone ends the token and frees who waits`() {
    var counter = counter(limit: 10)
    _ = counter.take(now: 1, ready: {})
    _ = counter.beginWriting()
    #expect(counter.endWriting(.gone).released.count == 1)
    #expect(counter.state(now: 1) == .revoked)
    #expect(counter.take(now: 1, ready: nil).outcome == .usedUp)
  }

  @Test func `states have the order of the Go program's checks`() {
    var counter = counter(limit: 5, used: 5)
    #expect(counter.state(now: 1) == .usedUp)
    counter.expires = 1
    #expect(counter.state(now: 1) == .expired)
    counter.isActive = false
    #expect(counter.state(now: 1) == .revoked)
  }
}

extension TokenRow {
  /// A row for tests of what does not come from a file.
  init(limit: Int64, used: Int64) {
    self.init(
      hash: [UInt8]("x".utf8).withUnsafeBytes { TokenHash(secret: $0) }, idBits: UUIDBits(high: 1, low: 2),
      expires: .max, isActive: true, requestCount: used, limit: limit)
  }
}
