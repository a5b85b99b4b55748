internal import Dispatch
internal import GRDB
internal import ProxyCore
internal import Synchronization

/// Removes audit events that are older than `StoreOptions.auditRetention`: a little every minute, through the
/// writer, so that neither traffic nor management waits for it.
final class AuditRetention: Sendable {
  /// Events removed in one transaction; removing them takes the writer a few milliseconds.
  static let batch = 2_000

  /// A source may be cancelled on any thread, and nothing else is done with it after it was resumed.
  private struct Timer: @unchecked Sendable {
    let source: any DispatchSourceTimer
  }

  private let age: Duration
  private let writer: Writer
  private let timer: Timer
  private let isStopped = Atomic(false)

  /// Begins at once; `interval` is between looks.
  init(age: Duration, interval: Duration, writer: Writer) {
    self.age = age
    self.writer = writer
    timer = Timer(
      source: DispatchSource.makeTimerSource(queue: DispatchQueue(label: "llm-proxy.store.retention")))
    timer.source.schedule(deadline: .now(), repeating: interval.dispatchInterval, leeway: .milliseconds(100))
    timer.source.setEventHandler { [weak self] in self?.removeOld() }
    timer.source.resume()
  }

  deinit { stop() }

  /// Removes nothing any more.
  func stop() {
    // Orders nothing: at worst one more batch is on its way.
    isStopped.store(true, ordering: .relaxed)
    timer.source.cancel()
  }

  private func removeOld() {
    guard !isStopped.load(ordering: .relaxed) else { return }
    let cutoff = Timestamp.now().advanced(by: .zero - age)
    let deadline = Clocks.monotonicNanoseconds() + writer.options.operationTimeout.nanoseconds
    writer.submit(
      WriteJob(
        deadline: deadline,
        body: { [weak retention = self] db in
          let removed = try AuditChain.prune(before: cutoff, most: Self.batch, db)
          let again = retention
          // As long as there is a full batch the next one follows.
          return { if removed >= Self.batch { again?.removeOld() } }
        },
        // The database cannot be written: `StoreHealth` says so, and the next look is in a minute.
        fail: { _ in }))
  }
}
