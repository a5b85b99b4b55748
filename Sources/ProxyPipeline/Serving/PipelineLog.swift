public import CLLMProxyPlugin
import ProxyCore
import Synchronization

/// What the pipeline has to say to the operator: constant messages, values beside them, never more than a few
/// lines a second of the same kind.
public final class PipelineLog: Sendable {
  /// Severity, as plugins see it (`LLMP_LOG_*`).
  public typealias Sink = @Sendable (llmp_level_t, String, [(String, String)]) -> Void

  private let sink: Sink
  private let budgets = Mutex<[String: (second: UInt64, count: Int, dropped: Int)]>([:])
  private static let linesPerSecond = 5

  /// Creates a log that hands its lines to `sink`, which must not block.
  public init(_ sink: @escaping Sink) {
    self.sink = sink
  }

  /// A line of a plugin.
  public func plugin(
    _ level: llmp_level_t, instance: String, request: String?, message: String, fields: String
  ) {
    var values = [("stage", instance)]
    if let request { values.append(("request.id", request)) }
    if !fields.isEmpty { values.append(("fields", fields)) }
    write(level, message, values, kind: "plugin " + instance)
  }

  func slowHook(_ stage: String, _ hook: StaticString, _ nanoseconds: UInt64) {
    write(
      LLMP_LOG_WARN, "hook over its budget",
      [("stage", stage), ("hook", "\(hook)"), ("duration_us", "\(nanoseconds / 1000)")],
      kind: "slow " + stage)
  }

  func stageFailed(
    stage: String, hook: String, verdict: llmp_verdict_t, text: String, request: String
  ) {
    var values = [("stage", stage), ("hook", hook), ("verdict", "\(verdict)"), ("request.id", request)]
    if !text.isEmpty { values.append(("reason", text)) }
    write(LLMP_LOG_ERROR, "stage failed", values, kind: "failed " + stage)
  }

  func stageTimedOut(stage: String, hook: String, request: String) {
    write(
      LLMP_LOG_ERROR, "stage did not answer in time",
      [("stage", stage), ("hook", hook), ("request.id", request)], kind: "timeout " + stage)
  }

  func upstreamFailed(request: String, host: String, reason: String, detail: String) {
    var values = [("request.id", request), ("upstream.host", host), ("error.code", reason)]
    if !detail.isEmpty { values.append(("detail", detail)) }
    write(LLMP_LOG_WARN, "upstream attempt failed", values, kind: "upstream " + host)
  }

  private func write(
    _ level: llmp_level_t, _ message: String, _ values: [(String, String)], kind: String
  ) {
    let second = Clocks.monotonicNanoseconds() / 1_000_000_000
    let dropped: Int? = budgets.withLock { budgets in
      if budgets.count > 1000 { budgets.removeAll() }
      var budget = budgets[kind] ?? (second, 0, 0)
      defer { budgets[kind] = budget }
      if budget.second != second {
        let before = budget.dropped
        budget = (second, 1, 0)
        return before
      }
      budget.count += 1
      if budget.count <= Self.linesPerSecond { return 0 }
      budget.dropped += 1
      return nil
    }
    guard let dropped else { return }
    sink(level, message, dropped == 0 ? values : values + [("similar_lines_dropped", "\(dropped)")])
  }
}
