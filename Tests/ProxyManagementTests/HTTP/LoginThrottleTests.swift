import Testing

@testable import ProxyManagement

@Suite struct LoginThrottleTests {
  @Test func throttlesAfterTheAllowanceUntilTheWindowEnds() {
    var throttle = LoginThrottle()
    for _ in 0..<LoginThrottle.allowance {
      #expect(throttle.refused("a", isGuess: true, at: 100) == .init(retryAfterSeconds: nil, isAudited: true))
    }
    #expect(throttle.refused("a", isGuess: true, at: 110) == .init(retryAfterSeconds: 50, isAudited: true))
    #expect(throttle.refused("a", isGuess: true, at: 159) == .init(retryAfterSeconds: 1, isAudited: false))
    #expect(throttle.refused("b", isGuess: true, at: 159).retryAfterSeconds == nil)
    #expect(throttle.refused("a", isGuess: true, at: 160).retryAfterSeconds == nil)
  }

  @Test func oneCustomersAddressesAreOne() {
    var throttle = LoginThrottle(allowance: 1)
    _ = throttle.refused("2001:db8:1:2::1", isGuess: true, at: 0)
    #expect(throttle.blockedSeconds("2001:db8:1:2:ffff::9", at: 0) != nil)
    #expect(throttle.blockedSeconds("2001:db8:1:3::1", at: 0) == nil)
    _ = throttle.refused("::ffff:10.0.0.1", isGuess: true, at: 0)
    #expect(throttle.blockedSeconds("::ffff:10.0.0.2", at: 0) == nil)
  }

  @Test func requestsWithoutATokenAreNeverThrottledAndAuditedABoundedNumberOfTimes() {
    var throttle = LoginThrottle()
    let verdicts = (0..<100).map { _ in throttle.refused("a", isGuess: false, at: 5) }
    #expect(verdicts.allSatisfy { $0.retryAfterSeconds == nil })
    #expect(verdicts.filter(\.isAudited).count == LoginThrottle.auditAllowance.address)
  }

  @Test func manyAddressesTakeBoundedMemoryAndBoundedAudit() {
    var throttle = LoginThrottle()
    let audited = (0..<20_000).filter { throttle.refused("a\($0)", isGuess: true, at: 5).isAudited }
    #expect(throttle.addressCount <= LoginThrottle.addressLimit)
    #expect(audited.count == LoginThrottle.auditAllowance.total)
  }
}
