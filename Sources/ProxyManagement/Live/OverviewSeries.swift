import ProxyStore

/// The series of the overview and its sums: counters of this process for the last hour, the ledger's roll-ups
/// for longer. Percentiles come from this process's memory in both cases.
struct OverviewSeries {
  /// One stretch of time as it is shown.
  private struct Point {
    var second: Int64
    var requests: Int64
    var errors: Int64
    var inputTokens: Int64
    var outputTokens: Int64
    var costMicros: Int64
    var buckets: [UInt64]
  }

  private let points: [Point]
  private let sum: TrafficPoint
  private let currency: String

  init(range: OverviewRange, history: TrafficHistory, figures: OverviewFigures, now: Timestamp) {
    let start = range.start(now: now)
    let counted = history.points(from: start, step: range.step)
    let bySecond = Dictionary(counted.map { ($0.second, $0) }, uniquingKeysWith: { first, _ in first })
    sum = TrafficHistory.sum(counted, from: start)
    currency = figures.currency
    points = stride(from: start, through: now.seconds, by: Int(range.step)).map { second in
      let point = bySecond[second] ?? TrafficPoint(second: second)
      return range.isLong ? Self.stored(figures.stretches[second], point) : Self.counted(point)
    }
  }

  private static func counted(_ point: TrafficPoint) -> Point {
    Point(
      second: point.second, requests: Int64(clamping: point.requests), errors: Int64(clamping: point.errors),
      inputTokens: Int64(clamping: point.inputTokens), outputTokens: Int64(clamping: point.outputTokens),
      costMicros: point.chargedMicros, buckets: point.buckets)
  }

  private static func stored(_ figures: UsageFigures?, _ point: TrafficPoint) -> Point {
    let figures = figures ?? UsageFigures()
    return Point(
      second: point.second, requests: figures.requests, errors: figures.errors,
      inputTokens: figures.counts.input, outputTokens: figures.counts.output,
      costMicros: figures.cost.rounded, buckets: point.buckets)
  }

  /// Durations of the whole range.
  var buckets: [UInt64] { sum.buckets }

  /// Sums over the range.
  var totals: JSONValue {
    func total(_ value: (Point) -> Int64) -> JSONValue { .integer(points.reduce(0) { $0 + value($1) }) }
    return [
      "requests": total(\.requests), "errors": total(\.errors), "streams": .integer(sum.streams),
      "input_tokens": total(\.inputTokens), "output_tokens": total(\.outputTokens),
      "cost_micros": total(\.costMicros), "currency": .string(currency),
    ]
  }

  /// A point for every step, also where nothing happened.
  var document: JSONValue { .array(points.map(Self.document)) }

  private static func document(_ point: Point) -> JSONValue {
    [
      "t": .string(Timestamp(seconds: point.second).rfc3339), "requests": .integer(point.requests),
      "errors": .integer(point.errors), "p50_ms": .decimal(Histogram.milliseconds(0.5, of: point.buckets)),
      "p95_ms": .decimal(Histogram.milliseconds(0.95, of: point.buckets)),
      "p99_ms": .decimal(Histogram.milliseconds(0.99, of: point.buckets)),
      "input_tokens": .integer(point.inputTokens), "output_tokens": .integer(point.outputTokens),
      "cost_micros": .integer(point.costMicros),
    ]
  }
}
