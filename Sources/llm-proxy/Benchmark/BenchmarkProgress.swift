import Glibc
import ProxyCore

/// A line on the terminal that shows how far a benchmark is. Writes nothing when standard error is none.
final class BenchmarkProgress {
  private static let width = 30
  private let plan: BenchmarkPlan
  private let isShown = Terminal(STDERR_FILENO).canRewrite
  private var nextLook: UInt64 = 0

  /// Progress of `plan`.
  init(_ plan: BenchmarkPlan) {
    self.plan = plan
  }

  /// Shows the state, at most ten times a second.
  func show(_ result: BenchmarkResult, elapsed: Duration) {
    guard isShown else { return }
    let now = Clocks.monotonicNanoseconds()
    guard now >= nextLook else { return }
    nextLook = now + 100_000_000
    Console.prompt("\r\u{1b}[K" + Self.line(plan, result, elapsed: elapsed))
  }

  /// Takes the line away.
  func end() {
    if isShown { Console.prompt("\r\u{1b}[K") }
  }

  /// The line: a bar, how many of how many, how fast.
  static func line(_ plan: BenchmarkPlan, _ result: BenchmarkResult, elapsed: Duration) -> String {
    var share = 0.0
    if let limit = plan.limit { share = Double(result.count) / Double(limit) }
    if let duration = plan.duration {
      share = max(share, Double(elapsed.wholeMicroseconds) / Double(max(1, duration.wholeMicroseconds)))
    }
    let filled = Int(Double(width) * min(1, share))
    let bar = String(repeating: "#", count: filled) + String(repeating: " ", count: width - filled)
    var partial = result
    partial.elapsed = elapsed
    let total = plan.limit.map { "/\($0)" } ?? ""
    return
      "[\(bar)] \(result.count)\(total) requests, \(Figure.decimal(partial.requestsPerSecond))/s, \(result.failed) failed"
  }
}
