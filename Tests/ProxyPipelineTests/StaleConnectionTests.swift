import Testing

@testable import ProxyPipeline
@testable import ProxyWire

@Suite struct StaleConnectionTests {
  private let limit = StaleConnection.unseenNanoseconds

  private func mayRepeat(_ method: ProxyWire.Method, key: Bool = false, waited: UInt64) -> Bool {
    StaleConnection.mayRepeat(method, hasIdempotencyKey: key, waited: waited)
  }

  @Test(arguments: ProxyWire.Method.allCases)
  func whatNobodyCanHaveReadIsRepeated(method: ProxyWire.Method) {
    #expect(mayRepeat(method, waited: 0))
    #expect(mayRepeat(method, waited: limit - 1))
  }

  @Test func whatMayHaveBeenWorkedOnIsRepeatedByItsMethodOrByAKeyOnly() {
    #expect(!mayRepeat(.post, waited: limit))
    #expect(!mayRepeat(.patch, waited: .max))
    #expect(mayRepeat(.post, key: true, waited: .max))
    for method in [ProxyWire.Method.get, .head, .put, .delete, .options] {
      #expect(mayRepeat(method, waited: .max))
    }
  }
}
