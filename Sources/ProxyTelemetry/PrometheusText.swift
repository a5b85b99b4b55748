/// Builds a page in Prometheus' text format, version 0.0.4.
public struct PrometheusText {
  /// What kind of figure a metric is.
  public enum Kind: String, Sendable {
    case counter, gauge, histogram
  }

  /// The page so far.
  public private(set) var text = ""

  /// An empty page.
  public init() {}

  /// Begins a metric; its samples follow.
  public mutating func metric(_ name: String, _ kind: Kind, _ help: String) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
  }

  /// Adds a sample with whole labels, such as `[("status", "200")]`.
  public mutating func sample(_ name: String, _ labels: [(String, String)] = [], _ value: UInt64) {
    text += "\(name)\(Self.braces(labels)) \(value)\n"
  }

  /// Adds a sample that is not a whole number.
  public mutating func sample(_ name: String, _ labels: [(String, String)] = [], _ value: Double) {
    text += "\(name)\(Self.braces(labels)) \(value)\n"
  }

  /// Adds a metric with one sample and no labels.
  public mutating func single(_ name: String, _ kind: Kind, _ help: String, _ value: UInt64) {
    metric(name, kind, help)
    sample(name, [], value)
  }

  /// Adds a histogram of microseconds, shown in seconds.
  ///
  /// - Parameters:
  ///   - bounds: upper bounds in microseconds, ascending.
  ///   - buckets: how many fell into each, one more than there are bounds.
  public mutating func histogram(
    _ name: String, _ help: String, bounds: [UInt64], buckets: [UInt64], sumMicroseconds: UInt64
  ) {
    metric(name, .histogram, help)
    var total: UInt64 = 0
    for (bound, count) in zip(bounds, buckets) {
      total += count
      sample(name + "_bucket", [("le", "\(Double(bound) / 1_000_000)")], total)
    }
    total += buckets.last ?? 0
    sample(name + "_bucket", [("le", "+Inf")], total)
    sample(name + "_sum", [], Double(sumMicroseconds) / 1_000_000)
    sample(name + "_count", [], total)
  }

  /// Adds lines made elsewhere.
  public mutating func append(_ lines: String) {
    text += lines
  }

  private static func braces(_ labels: [(String, String)]) -> String {
    if labels.isEmpty { return "" }
    return "{" + labels.map { "\($0.0)=\"\(escape($0.1))\"" }.joined(separator: ",") + "}"
  }

  private static func escape(_ value: String) -> String {
    var out = ""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\\": out += "\\\\"
      case "\"": out += "\\\""
      case "\n": out += "\\n"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }
}
