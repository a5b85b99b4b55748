import Testing

@testable import ProxyPluginHost

@Suite
struct HookMeterTests {
  @Test("adds up what the shards counted, per hook")
  func figures() {
    let meter = HookMeter(hooks: 3, shards: 2, budgetNanoseconds: 100)
    #expect(!meter.record(hook: 1, shard: 0, nanoseconds: 100, outcome: .passed))
    #expect(meter.record(hook: 1, shard: 1, nanoseconds: 101, outcome: .failed))
    meter.record(hook: 1, shard: 1, nanoseconds: 5, outcome: .paused)
    meter.recordFailure(hook: 1, shard: 0)
    #expect(
      meter.figures(hook: 1)
        == HookMeter.Figures(
          calls: 3, failures: 2, pauses: 1, totalNanoseconds: 206, maxNanoseconds: 101, overBudget: 1))
    #expect(meter.figures(hook: 0) == HookMeter.Figures())
    #expect(meter.figures(hook: 2) == HookMeter.Figures())
  }

  @Test("shards may count at the same time while others read")
  func concurrency() async {
    let meter = HookMeter(hooks: 2, shards: 4, budgetNanoseconds: 10)
    await withTaskGroup { group in
      for shard in 0..<4 {
        group.addTask {
          for _ in 0..<10_000 { meter.record(hook: 1, shard: shard, nanoseconds: 1, outcome: .passed) }
        }
      }
      group.addTask { for _ in 0..<100 { _ = meter.figures(hook: 1) } }
    }
    #expect(meter.figures(hook: 1).calls == 40_000)
    #expect(meter.figures(hook: 1).totalNanoseconds == 40_000)
  }

  @Test("hooks have the names of the header")
  func names() {
    #expect(StageInstance.Hook.allCases.map { "\($0.name)" }.contains("response_sse"))
    #expect(ProviderInstance.Hook.allCases.map { "\($0.name)" }.contains("upstream_sse"))
  }
}
