import ProxyPipeline
import Testing

@testable import ProxyManagement

@Suite struct TrafficHistoryTests {
  /// Counters as they stand after `requests` exchanges, all in the bucket up to 1 ms.
  private func figures(_ requests: UInt64, errors: UInt64 = 0) -> LoopFigures {
    var figures = LoopFigures()
    figures.byClass[2] = requests - errors
    figures.byClass[4] = errors
    figures.durationBuckets[1] = requests
    figures.inputTokens = requests * 3
    return figures
  }

  @Test func itKeepsWhatWasAddedBetweenTwoReadings() {
    var history = TrafficHistory()
    history.record(figures(10, errors: 1), at: 1_000_000)
    history.record(figures(10, errors: 1), at: 1_000_001)
    history.record(figures(25, errors: 4), at: 1_000_002)
    #expect(history.recent(2, at: 1_000_002).requests == 15)
    let all = history.recent(10, at: 1_000_002)
    #expect(all.requests == 25 && all.errors == 4 && all.inputTokens == 75)
    #expect(all.buckets.reduce(0, +) == 25)
  }

  @Test func pointsAreMergedToTheStepThatIsAskedFor() {
    var history = TrafficHistory()
    for second in Int64(0)..<100 { history.record(figures(UInt64(second + 1) * 2), at: 1_000_020 + second) }
    let points = history.points(from: 1_000_020, step: 30)
    #expect(points.map(\.second) == [1_000_020, 1_000_050, 1_000_080, 1_000_110])
    #expect(points.map(\.requests) == [60, 60, 60, 20])
    #expect(history.points(from: 1_000_080, step: 10).map(\.requests) == [20, 20, 20, 20])
  }

  @Test func memoryIsBounded() {
    var history = TrafficHistory()
    for second in Int64(0)..<5000 { history.record(figures(UInt64(second) + 1), at: second) }
    #expect(history.points(from: 0, step: 10).count <= 450)
    #expect(history.recent(100_000, at: 5000).requests <= 75)
    #expect(history.points(from: 0, step: 3600).reduce(0) { $0 + $1.requests } == 5000)
  }

  @Test func percentilesAreReadOffTheBuckets() {
    var buckets = [UInt64](repeating: 0, count: LoopFigures.bounds.count + 1)
    #expect(Histogram.milliseconds(0.5, of: buckets) == nil)
    buckets[1] = 100  // 0.5 to 1 ms
    #expect(Histogram.milliseconds(0.5, of: buckets) == 0.75)
    #expect(Histogram.milliseconds(1, of: buckets) == 1)
    buckets[buckets.count - 1] = 100  // beyond the last bound
    #expect(Histogram.milliseconds(0.99, of: buckets) == 60_000)
  }

  @Test(arguments: [
    (0.0, "0"), (1.0, "1"), (0.5, "0.5"), (12.3456, "12.346"), (-0.25, "-0.25"),
    (1_000_000.001, "1000000.001"),
  ])
  func decimalsAreShort(value: Double, text: String) {
    #expect(JSONValue.decimal(value) == .number(text))
  }

  @Test func whatIsNoNumberIsNull() {
    #expect(JSONValue.decimal(nil) == .null && JSONValue.decimal(.nan) == .null)
    #expect(JSONValue.decimal(.infinity) == .null)
  }
}
