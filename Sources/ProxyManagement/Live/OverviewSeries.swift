import ProxyStore

/// The series of the overview and its sums.
struct OverviewSeries {
  private let range: OverviewRange
  private let start: Int64
  private let end: Int64
  private let points: [TrafficPoint]
  private let sum: TrafficPoint

  init(range: OverviewRange, history: TrafficHistory, figures: OverviewFigures, now: Timestamp) {
    self.range = range
    start = range.start(now: now)
    end = now.seconds
    points = history.points(from: start, step: range.step)
    sum = TrafficHistory.sum(points, from: start)
  }

  /// Durations of the whole range.
  var buckets: [UInt64] { sum.buckets }

  /// Sums over the range.
  var totals: JSONValue {
    [
      "requests": .integer(sum.requests), "errors": .integer(sum.errors), "streams": .integer(sum.streams),
      "input_tokens": .integer(sum.inputTokens), "output_tokens": .integer(sum.outputTokens),
      "cost_micros": .null, "currency": "USD",
    ]
  }

  /// A point for every step, also where nothing happened.
  var document: JSONValue {
    var next = points[...]
    return .array(
      stride(from: start, through: end, by: Int(range.step)).map { second in
        guard let point = next.first, point.second == second else {
          return Self.document(TrafficPoint(second: second))
        }
        next = next.dropFirst()
        return Self.document(point)
      })
  }

  private static func document(_ point: TrafficPoint) -> JSONValue {
    [
      "t": .string(Timestamp(seconds: point.second).rfc3339), "requests": .integer(point.requests),
      "errors": .integer(point.errors), "p50_ms": .decimal(Histogram.milliseconds(0.5, of: point.buckets)),
      "p95_ms": .decimal(Histogram.milliseconds(0.95, of: point.buckets)),
      "p99_ms": .decimal(Histogram.milliseconds(0.99, of: point.buckets)),
      "input_tokens": .integer(point.inputTokens), "output_tokens": .integer(point.outputTokens),
      "cost_micros": .null,
    ]
  }
}
