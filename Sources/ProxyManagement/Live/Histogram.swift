import ProxyPipeline

/// Percentiles of a latency histogram with the bounds of `LoopFigures`.
enum Histogram {
  /// The duration in milliseconds that a share of `quantile` (0…1) does not exceed, read off a straight line
  /// within its bucket; `nil` when nothing was counted. The last bucket has no end: its bound is the answer.
  static func milliseconds(_ quantile: Double, of buckets: [UInt64]) -> Double? {
    let total = buckets.reduce(0, +)
    guard total > 0 else { return nil }
    let wanted = quantile * Double(total)
    var before = 0.0
    for (index, count) in buckets.enumerated() where count > 0 {
      if before + Double(count) >= wanted || index == buckets.count - 1 {
        let low = index == 0 ? 0 : Double(LoopFigures.bounds[index - 1])
        guard index < LoopFigures.bounds.count else { return low / 1000 }
        let high = Double(LoopFigures.bounds[index])
        return (low + (high - low) * max(0, wanted - before) / Double(count)) / 1000
      }
      before += Double(count)
    }
    return nil
  }

  /// `p50`, `p95` and `p99` as the API shows them; `null` where nothing was counted.
  static func document(of buckets: [UInt64]) -> JSONValue {
    [
      "p50": .decimal(milliseconds(0.5, of: buckets)), "p95": .decimal(milliseconds(0.95, of: buckets)),
      "p99": .decimal(milliseconds(0.99, of: buckets)),
    ]
  }
}

extension JSONValue {
  /// A number with at most three digits behind the point; `null` when there is none.
  static func decimal(_ value: Double?) -> JSONValue {
    guard let value, value.isFinite else { return .null }
    let thousandths = Int64((value * 1000).rounded())
    let (whole, rest) = (abs(thousandths) / 1000, abs(thousandths) % 1000)
    var digits = String(rest)
    digits = String(repeating: "0", count: 3 - digits.utf8.count) + digits
    while digits.hasSuffix("0") { digits.removeLast() }
    return .number((thousandths < 0 ? "-" : "") + String(whole) + (digits.isEmpty ? "" : "." + digits))
  }
}
