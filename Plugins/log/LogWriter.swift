internal import LLMProxyPluginKit

/// Writes lines that come from all threads, on a thread of its own.
final class LogWriter: @unchecked Sendable {
  // `target`, `batch`, `written` and `isFailing` belong to whoever flushes: the thread while it
  // runs, and the caller of `stop` when there is none. `thread` is set by start and cleared by stop,
  // which the host serializes. `queue` has its lock.
  private let target: any LogTarget
  private let host: Host
  private let flushMilliseconds: Int
  private let queue = LineQueue()
  private var thread: WriterThread?
  private var batch: [UInt8] = []
  private var written = 0
  private var isFailing = false

  private static let retryMilliseconds = 1000
  private static let stopNanoseconds: UInt64 = 2_000_000_000

  init(target: any LogTarget, host: Host, flushMilliseconds: Int) {
    self.target = target
    self.host = host
    self.flushMilliseconds = flushMilliseconds
  }

  /// Begins to write. What was appended before is not lost.
  func start() throws(PluginFailure) {
    thread = try WriterThread { [self] in run() }
  }

  /// Takes one whole line. Never waits for the disk. `[any]` thread.
  func append(_ line: UnsafeRawBufferPointer) { queue.append(line) }

  /// Has the lines that wait written now instead of at the end of the interval. `[any]` thread.
  func flushSoon() { queue.flush() }

  /// Writes what is left, for two seconds at most, and ends the thread. Nothing may be appended after.
  func stop() {
    queue.stop(deadline: host.monotonicNanoseconds + Self.stopNanoseconds)
    if let thread { thread.join() } else { flush() }
    thread = nil
    var rest: [UInt8] = []
    let dropped = Int(clamping: queue.take(into: &rest))
    let lost = Self.lines(batch[written...]) + Self.lines(rest[...]) + dropped
    if lost > 0 {
      host.log(.error, "exchange log lines were lost at the end", fields: "{\"lines\":\(lost)}")
    }
  }

  private static func lines(_ bytes: ArraySlice<UInt8>) -> Int {
    bytes.count { $0 == UInt8(ascii: "\n") }
  }

  private func run() {
    while true {
      queue.sleep(
        flushMilliseconds: flushMilliseconds, retryMilliseconds: isFailing ? Self.retryMilliseconds : nil)
      // Looked at before the flush: what comes with the stop is then in the flush.
      let isLast = queue.deadline > 0
      flush()
      if isLast { return }
    }
  }

  private func flush() {
    // First what an earlier failure has left.
    guard writeBatch() else { return }
    batch.removeAll(keepingCapacity: batch.capacity <= 4 * LineQueue.batchBytes)
    written = 0
    let dropped = queue.take(into: &batch)
    if dropped > 0 { note(dropped) }
    _ = writeBatch()
  }

  /// True when the whole batch is written.
  private func writeBatch() -> Bool {
    if written == batch.count { return true }
    written += batch.withUnsafeBytes { bytes in
      target.write(UnsafeRawBufferPointer(rebasing: bytes[written...])) {
        let deadline = queue.deadline
        return deadline == 0 || host.monotonicNanoseconds < deadline
      }
    }
    let isDone = written == batch.count
    if isDone == isFailing {
      isFailing = !isDone
      report()
    }
    return isDone
  }

  private func report() {
    if !isFailing { return host.log(.info, "the exchange log is written again") }
    var fields: [UInt8] = []
    JSONLine.withLine { line in
      let problem = Array(target.problem.utf8)
      problem.withUnsafeBytes { line.add("problem", $0, limit: 256) }
      fields = Array(line.finish().dropLast())
    }
    host.log(
      .error, "the exchange log cannot be written; lines are kept in memory",
      fields: String(decoding: fields, as: UTF8.self))
  }

  private func note(_ dropped: UInt64) {
    JSONLine.withLine { line in
      line.add("ts", timestamp: host.unixMilliseconds)
      line.add("level", literal: "error")
      line.add("msg", literal: "exchange lines dropped")
      line.add("lines", dropped)
      batch.append(contentsOf: line.finish())
    }
  }
}
