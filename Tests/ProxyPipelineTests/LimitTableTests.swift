import CLLMProxyPlugin
import Testing

@testable import ProxyPipeline

private func request(
  _ key: String, _ algorithm: UInt32 = LLMP_LIMIT_TOKEN_BUCKET, limit: UInt64, windowSeconds: UInt64 = 60,
  burst: UInt64 = 0, cost: UInt64 = 1
) -> LimitTable.Request {
  LimitTable.Request(
    key: .kept(Array(key.utf8)), algorithm: algorithm, limit: limit,
    windowNanoseconds: windowSeconds * 1_000_000_000, burst: burst, cost: cost)
}

private let second: UInt64 = 1_000_000_000

@Suite struct LimitTableTests {
  @Test func aBucketAllowsItsLimitAtOnceAndRefillsWithTime() {
    let table = LimitTable()
    for left in (0..<60).reversed() {
      #expect(table.take([request("a", limit: 60)], now: second) == .allowed(remaining: UInt64(left)))
    }
    #expect(
      table.take([request("a", limit: 60)], now: second) == .refused(index: 0, retryAfterNanoseconds: second))
    #expect(table.take([request("a", limit: 60)], now: 2 * second) == .allowed(remaining: 0))
  }

  @Test func aWindowAllowsItsLimitUntilTheNextOneBegins() {
    let table = LimitTable()
    let one = request("w", LLMP_LIMIT_FIXED_WINDOW, limit: 2, windowSeconds: 10)
    #expect(table.take([one], now: 11 * second) == .allowed(remaining: 1))
    #expect(table.take([one], now: 12 * second) == .allowed(remaining: 0))
    #expect(table.take([one], now: 13 * second) == .refused(index: 0, retryAfterNanoseconds: 7 * second))
    #expect(table.take([one], now: 20 * second) == .allowed(remaining: 1))
  }

  @Test func concurrencyIsHeldUntilItIsGivenBack() {
    let table = LimitTable()
    let one = request("c", LLMP_LIMIT_CONCURRENCY, limit: 1)
    #expect(table.take([one], now: 0) == .allowed(remaining: 0))
    #expect(table.take([one], now: 0) == .refused(index: 0, retryAfterNanoseconds: second))
    table.giveBack(one, takenAt: 0, now: 0)
    #expect(table.take([one], now: 0) == .allowed(remaining: 0))
  }

  @Test func allLimitsAreTakenOrNone() {
    let table = LimitTable()
    let wide = request("wide", limit: 10)
    let narrow = request("narrow", limit: 1)
    #expect(table.take([wide, narrow], now: second) == .allowed(remaining: 0))
    let refused = table.take([wide, narrow], now: second)
    #expect(refused == .refused(index: 1, retryAfterNanoseconds: 60 * second))
    #expect(table.take([wide], now: second) == .allowed(remaining: 8))
  }

  @Test func aLeaseReturnsWhatWasEstimatedTooHighAndChargesWhatWasTooLow() {
    let table = LimitTable()
    let book = LeaseBook(table)
    let estimate = request("t", LLMP_LIMIT_FIXED_WINDOW, limit: 100, windowSeconds: 3_000_000, cost: 50)
    let now: UInt64 = 1
    #expect(table.take([estimate], now: now) == .allowed(remaining: 50))
    let lease = book.begin([estimate], now: now)
    #expect(book.settle(lease, 0, realCost: 20))
    #expect(book.settle(lease, 0, realCost: 90))
    #expect(!book.settle(lease, 1, realCost: 1))
    book.end(lease)
    #expect(!book.settle(lease, 0, realCost: 1))
  }

  @Test func aBucketOwesWhatWasUsedBeyondItAndPaysThatFirst() {
    let table = LimitTable()
    let one = request("d", limit: 60)
    #expect(table.take([one], now: second) == .allowed(remaining: 59))
    table.charge(request("d", limit: 60, cost: 119), now: second)
    #expect(table.take([one], now: second) == .refused(index: 0, retryAfterNanoseconds: 61 * second))
    #expect(table.take([one], now: 61 * second) != .allowed(remaining: 0))
    #expect(table.take([one], now: 62 * second) == .allowed(remaining: 0))
    // What was estimated too high pays what another one owes.
    table.charge(request("d", limit: 60, cost: 10), now: 62 * second)
    table.giveBack(request("d", limit: 60, cost: 15), takenAt: 62 * second, now: 62 * second)
    #expect(table.take([one], now: 62 * second) == .allowed(remaining: 4))
  }

  @Test func aRaisedLimitIsInForceAtOnce() {
    let table = LimitTable()
    #expect(table.take([request("r", limit: 1)], now: second) == .allowed(remaining: 0))
    #expect(table.take([request("r", limit: 5)], now: second) == .allowed(remaining: 3))
    #expect(table.take([request("r", limit: 2)], now: second) == .allowed(remaining: 1))
  }

  @Test func whatWasTakenInAWindowThatIsOverDoesNotComeBackInThisOne() {
    let table = LimitTable()
    let one = request("o", LLMP_LIMIT_FIXED_WINDOW, limit: 3, windowSeconds: 10, cost: 2)
    #expect(table.take([one], now: 9 * second) == .allowed(remaining: 1))
    #expect(table.take([one], now: 11 * second) == .allowed(remaining: 1))
    table.giveBack(one, takenAt: 9 * second, now: 12 * second)
    #expect(table.take([one], now: 12 * second) == .refused(index: 0, retryAfterNanoseconds: 8 * second))
    table.charge(
      request("o", LLMP_LIMIT_FIXED_WINDOW, limit: 3, windowSeconds: 10, cost: 3), now: 21 * second)
    #expect(table.take([one], now: 22 * second) == .refused(index: 0, retryAfterNanoseconds: 8 * second))
  }

  @Test func aLimitOfZeroOrAHugeOneNeitherTrapsNorAllowsTooMuch() {
    let table = LimitTable()
    #expect(table.take([request("z", limit: 0)], now: 1) != .allowed(remaining: 0))
    let huge = request("h", limit: .max, windowSeconds: 1, burst: .max, cost: .max)
    _ = table.take([huge], now: .max)
    _ = table.take([request("x", LLMP_LIMIT_CONCURRENCY, limit: .max, cost: 5)], now: .max)
  }
}
