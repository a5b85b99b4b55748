import CLLMProxyPlugin
import Synchronization

/// Metrics that plugins define through `llmp.metrics/1`. Any thread; bounded in metrics and label sets.
public final class PluginMetrics: Sendable {
  struct Definition {
    var kind: UInt32
    var name: String
    var help: String
    var labels: [String]
    var buckets: [Double]
    var series: [[String]: Series] = [:]
  }

  struct Series {
    var value = 0.0
    var counts: [UInt64] = []
    var count: UInt64 = 0
  }

  static let mostMetrics = 256
  static let mostSeries = 256
  private let definitions = Mutex<[Definition]>([])

  /// Creates an empty registry.
  public init() {}

  /// The id of the metric, or nil when there are too many or the same name means something else.
  func define(_ new: Definition) -> UInt32? {
    definitions.withLock { all in
      if let known = all.firstIndex(where: { $0.name == new.name }) {
        let same = all[known].kind == new.kind && all[known].labels == new.labels
        return same ? UInt32(known + 1) : nil
      }
      guard all.count < Self.mostMetrics else { return nil }
      all.append(new)
      return UInt32(all.count)
    }
  }

  func record(_ id: UInt32, _ value: Double, _ labels: [String]) {
    definitions.withLock { all in
      let index = Int(id) - 1
      guard all.indices.contains(index), labels.count == all[index].labels.count else { return }
      let isKnown = all[index].series[labels] != nil
      // A label whose values never end must not fill memory: later ones share a series.
      let key =
        isKnown || all[index].series.count < Self.mostSeries
        ? labels : labels.map { _ in "other" }
      var series = all[index].series[key] ?? Series()
      Self.add(value, to: &series, all[index])
      all[index].series[key] = series
    }
  }

  private static func add(_ value: Double, to series: inout Series, _ definition: Definition) {
    switch definition.kind {
    case LLMP_METRIC_GAUGE: series.value = value
    case LLMP_METRIC_HISTOGRAM:
      if series.counts.isEmpty { series.counts = Array(repeating: 0, count: definition.buckets.count) }
      for (index, bound) in definition.buckets.enumerated() where value <= bound { series.counts[index] += 1 }
      series.count += 1
      series.value += value
    default: series.value += max(0, value)
    }
  }

  /// Prometheus text (version 0.0.4) of everything recorded.
  public func prometheus() -> String {
    definitions.withLock { all in all.map(Self.text).joined() }
  }

  private static func text(_ metric: Definition) -> String {
    let kinds = [LLMP_METRIC_GAUGE: "gauge", LLMP_METRIC_HISTOGRAM: "histogram"]
    var out = "# HELP \(metric.name) \(metric.help)\n"
    out += "# TYPE \(metric.name) \(kinds[metric.kind] ?? "counter")\n"
    for (values, series) in metric.series.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      let pairs = zip(metric.labels, values).map { "\($0)=\"\(escape($1))\"" }
      guard metric.kind == LLMP_METRIC_HISTOGRAM else {
        out += "\(metric.name)\(braces(pairs)) \(series.value)\n"
        continue
      }
      for (bound, count) in zip(metric.buckets, series.counts) {
        out += "\(metric.name)_bucket\(braces(pairs + ["le=\"\(bound)\""])) \(count)\n"
      }
      out += "\(metric.name)_bucket\(braces(pairs + ["le=\"+Inf\""])) \(series.count)\n"
      out += "\(metric.name)_sum\(braces(pairs)) \(series.value)\n"
      out += "\(metric.name)_count\(braces(pairs)) \(series.count)\n"
    }
    return out
  }

  private static func braces(_ pairs: [String]) -> String {
    pairs.isEmpty ? "" : "{\(pairs.joined(separator: ","))}"
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
