import ProxyClient
import ProxyCore
import Testing

@testable import llm_proxy

@Suite("Measuring")
struct MeasuringTests {
  @Test("percentiles are within a hundredth of the true ones")
  func percentiles() {
    var figures = LatencyHistogram()
    for value in 1...100_000 { figures.record(Int64(value)) }
    for (share, expected) in [(50.0, 50_000.0), (90, 90_000), (95, 95_000), (99, 99_000)] {
      #expect(abs(Double(figures.percentile(share)) - expected) / expected < 0.01)
    }
    #expect(figures.minimum == 1)
    #expect(figures.maximum == 100_000)
    #expect(figures.percentile(100) == 100_000)
    #expect(figures.mean == 50_000.5)
  }

  @Test("small times are exact, and none is no trouble", arguments: [0, 1, 127, 128, 200, 255] as [Int64])
  func exact(value: Int64) {
    var figures = LatencyHistogram()
    #expect(figures.percentile(50) == 0)
    figures.record(value)
    for share in [1.0, 50, 99, 100] { #expect(figures.percentile(share) == value) }
  }

  @Test(
    "every bucket holds what is near its middle",
    arguments: [256, 257, 1_000, 65_535, 1_000_000, Int64.max / 4] as [Int64])
  func buckets(value: Int64) {
    var figures = LatencyHistogram()
    figures.record(0)
    figures.record(value)
    figures.record(value * 2)
    let middle = figures.percentile(60)
    #expect(abs(Double(middle - value)) / Double(value) < 0.008)
  }

  @Test("a time below zero counts as zero")
  func negative() {
    var figures = LatencyHistogram()
    figures.record(-5)
    #expect(figures.maximum == 0)
  }

  @Test(
    "numbers have at most two decimals",
    arguments: [
      (0, "0"), (1, "1"), (1.5, "1.5"), (1.25, "1.25"), (0.05, "0.05"), (-1.5, "-1.5"),
      (1_234.567, "1234.57"), (.nan, "0"),
    ]
      as [(Double, String)])
  func decimals(number: Double, text: String) {
    #expect(Figure.decimal(number) == text)
  }

  @Test("the bar shows how far it is, by requests or by time")
  func bar() throws {
    let server = try #require(BaseURL("http://localhost:1"))
    var plan = BenchmarkPlan(ClientRequest("GET", server, "/"))
    plan.limit = 4
    var result = BenchmarkResult()
    result.succeeded = 1
    result.failed = 1
    #expect(
      BenchmarkProgress.line(plan, result, elapsed: .seconds(1))
        == "[\(String(repeating: "#", count: 15))\(String(repeating: " ", count: 15))] 2/4 requests, 2/s, 1 failed"
    )
    plan.limit = nil
    plan.duration = .seconds(10)
    #expect(
      BenchmarkProgress.line(plan, result, elapsed: .seconds(20)).hasPrefix(
        "[\(String(repeating: "#", count: 30))]"))
  }

  @Test("the clock is compared with that of an answer")
  func clock() {
    #expect(ProcessChecks.seconds(ofDate: "Sun, 06 Nov 1994 08:49:37 GMT") == 784_111_777)
    for text in [
      "", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, xx Nov 1994 08:49:37 GMT",
    ] {
      #expect(ProcessChecks.seconds(ofDate: text) == nil)
    }
    let now = Clocks.unixMilliseconds() / 1_000
    #expect(ProcessChecks.clock(against: now, of: "x").grade == .ok)
    #expect(ProcessChecks.clock(against: nil, of: "").grade == .ok)
    let ahead = ProcessChecks.clock(against: now - 3_600, of: "api.example.org")
    #expect(ahead.grade == .problem)
    #expect(ahead.detail.contains("ahead of") && ahead.detail.contains("api.example.org"))
    #expect(ahead.remedy != nil)
  }

  @Test("bases of SDKs lose their version")
  func versions() throws {
    for (address, base) in [
      ("http://a/v1/", "http://a"), ("http://a/v1", "http://a"), ("http://a/base", "http://a/base"),
    ] {
      let server = try ProxyOptions.server(address)
      #expect(server.description == base)
    }
  }
}
