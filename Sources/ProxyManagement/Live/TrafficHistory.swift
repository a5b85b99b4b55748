import ProxyPipeline

/// What was counted in one stretch of time.
struct TrafficPoint: Sendable, Equatable {
  /// First second of the stretch, since the Unix epoch.
  var second: Int64
  var requests: UInt64 = 0
  var errors: UInt64 = 0
  var streams: UInt64 = 0
  var inputTokens: UInt64 = 0
  var outputTokens: UInt64 = 0
  var chargedMicros: Int64 = 0
  /// Durations; bounds as `LoopFigures.bounds`. Empty when there were none.
  var buckets: [UInt64] = []

  mutating func add(_ other: TrafficPoint) {
    requests += other.requests
    errors += other.errors
    streams += other.streams
    inputTokens += other.inputTokens
    outputTokens += other.outputTokens
    chargedMicros += other.chargedMicros
    if buckets.isEmpty {
      buckets = other.buckets
    } else {
      for index in other.buckets.indices { buckets[index] += other.buckets[index] }
    }
  }
}

/// The traffic of the last minute, hour and month, from counters that are read once a second. A value without a
/// clock; memory is bounded by the number of points.
struct TrafficHistory: Sendable {
  /// Points of one length, oldest first; stretches without traffic have none.
  private struct Series {
    let step: Int64
    let limit: Int
    var points: [TrafficPoint] = []

    mutating func add(_ point: TrafficPoint) {
      let start = point.second / step * step
      if points.last?.second != start {
        points.append(TrafficPoint(second: start))
        // In one go now and then, so that adding stays cheap.
        if points.count > limit + limit / 4 { points.removeFirst(points.count - limit) }
      }
      points[points.count - 1].add(point)
    }
  }

  private var seconds = Series(step: 1, limit: 60)
  private var tens = Series(step: 10, limit: 360)
  private var hours = Series(step: 3600, limit: 720)
  private var last: TrafficPoint?

  /// Takes the counters as they stand at `second`.
  mutating func record(_ figures: LoopFigures, chargedMicros: Int64 = 0, at second: Int64) {
    var now = TrafficPoint(second: second)
    now.requests = figures.byClass.reduce(0, +)
    now.errors = figures.byClass[4] + figures.byClass[5]
    now.streams = figures.streams
    now.inputTokens = figures.inputTokens
    now.outputTokens = figures.outputTokens
    now.chargedMicros = chargedMicros
    now.buckets = figures.durationBuckets
    defer { last = now }
    let delta = now.since(last ?? TrafficPoint(second: second))
    guard delta.requests > 0 || delta.streams > 0 || delta.chargedMicros > 0 else { return }
    seconds.add(delta)
    tens.add(delta)
    hours.add(delta)
  }

  /// What was counted in the `count` seconds that end with `second`.
  func recent(_ count: Int64, at second: Int64) -> TrafficPoint {
    Self.sum(
      seconds.points.filter { $0.second > second - count && $0.second <= second }, from: second - count)
  }

  /// Points of `step` seconds from `start` on, which must be a multiple of it; empty ones are left out.
  func points(from start: Int64, step: Int64) -> [TrafficPoint] {
    let source = step % hours.step == 0 ? hours.points : tens.points
    var merged: [TrafficPoint] = []
    for point in source where point.second >= start {
      let second = (point.second - start) / step * step + start
      if merged.last?.second != second { merged.append(TrafficPoint(second: second)) }
      merged[merged.count - 1].add(point)
    }
    return merged
  }

  /// One point of all.
  static func sum(_ points: [TrafficPoint], from second: Int64) -> TrafficPoint {
    points.reduce(into: TrafficPoint(second: second)) { $0.add($1) }
  }
}

extension TrafficPoint {
  /// What was added since an earlier reading.
  fileprivate func since(_ earlier: TrafficPoint) -> TrafficPoint {
    var delta = TrafficPoint(second: second)
    delta.requests = requests &- earlier.requests
    delta.errors = errors &- earlier.errors
    delta.streams = streams &- earlier.streams
    delta.inputTokens = inputTokens &- earlier.inputTokens
    delta.outputTokens = outputTokens &- earlier.outputTokens
    delta.chargedMicros = chargedMicros &- earlier.chargedMicros
    guard delta.requests > 0 else { return delta }
    delta.buckets = buckets
    for index in earlier.buckets.indices { delta.buckets[index] -= earlier.buckets[index] }
    return delta
  }
}
