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
