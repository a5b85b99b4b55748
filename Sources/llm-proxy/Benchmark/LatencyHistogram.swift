/// Counts of times in microseconds, in buckets that are at most 0.8 % wide: memory does not grow with the number of
/// times.
struct LatencyHistogram {
  /// Buckets for each doubling, as a power of two.
  private static let precisionBits: UInt64 = 7
  private var counts: [Int] = []
  private var sum: Int64 = 0
  /// Times recorded.
  private(set) var count = 0
  /// The smallest and the largest time; 0 when there is none.
  private(set) var minimum: Int64 = 0
  private(set) var maximum: Int64 = 0

  /// Adds one time; a negative one counts as 0.
  mutating func record(_ microseconds: Int64) {
    let value = max(0, microseconds)
    let bucket = Self.bucket(UInt64(value))
    if bucket >= counts.count { counts += [Int](repeating: 0, count: bucket + 1 - counts.count) }
    counts[bucket] += 1
    minimum = count == 0 ? value : min(minimum, value)
    maximum = max(maximum, value)
    sum += value
    count += 1
  }

  /// The mean; 0 when there is none.
  var mean: Double { count == 0 ? 0 : Double(sum) / Double(count) }

  /// The time that this share of the times does not exceed; 0 when there is none.
  func percentile(_ share: Double) -> Int64 {
    let rank = max(1, Int((share / 100 * Double(count)).rounded(.up)))
    var seen = 0
    for (bucket, number) in counts.enumerated() {
      seen += number
      if seen >= rank { return min(maximum, max(minimum, Self.middle(bucket))) }
    }
    return 0
  }

  private static func bucket(_ value: UInt64) -> Int {
    let bits = UInt64(UInt64.bitWidth - value.leadingZeroBitCount)
    let shift = bits > precisionBits + 1 ? bits - precisionBits - 1 : 0
    return Int(shift << precisionBits + value >> shift)
  }

  private static func middle(_ bucket: Int) -> Int64 {
    let bucket = UInt64(bucket)
    guard bucket >= 1 << (precisionBits + 1) else { return Int64(bucket) }
    let shift = bucket >> precisionBits - 1
    let start = (bucket - shift << precisionBits) << shift
    return Int64(start + (1 << shift) / 2)
  }
}
