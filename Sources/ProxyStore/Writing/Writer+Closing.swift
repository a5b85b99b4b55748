internal import GRDB
internal import ProxyCore

extension Writer {
  /// Writes what waits, gives leases back and closes the file. What cannot be written within
  /// `operationTimeout` is lost with the process; returns whether nothing was.
  func close() async -> Bool {
    let deadline = Clocks.monotonicNanoseconds() + options.operationTimeout.nanoseconds
    while await !turnToClose(), Clocks.monotonicNanoseconds() < deadline {
      // Cancelled or not, the next turn follows; a cancelled close only waits less between them.
      try? await Task.sleep(for: min(options.tickInterval, .milliseconds(100)))
    }
    return await withCheckedContinuation { continuation in
      queue.async { [self] in continuation.resume(returning: finish()) }
    }
  }

  /// One try to write everything; true when nothing is left.
  private func turnToClose() async -> Bool {
    await withCheckedContinuation { continuation in
      queue.async { [self] in
        writeWaiting()
        for token in confined.leased { token.giveBack(idleSince: nil) }
        sweepBudgets(idleSince: nil)
        if problem == nil { writeWaiting() }
        continuation.resume(returning: hasWrittenAll && !inbox.hasJobs)
      }
    }
  }

  private var hasWrittenAll: Bool {
    directory.counts.isEmpty && directory.budgets.isEmpty && usage.queue.queued == 0 && audit.queued == 0
  }

  private func finish() -> Bool {
    guard inbox.close() else { return true }
    confined.timer?.cancel()
    let hasWrittenAll = hasWrittenAll
    refuseWaiting()
    do { try pool.close() } catch {
      // A reader is still at work; the connections close with the last reference to the pool.
    }
    return hasWrittenAll
  }

  /// Tells everybody who still comes that the store is closed.
  func refuseWaiting() {
    for job in inbox.takeJobs(.max) { job.fail(.unavailable(reason: "the store is closed")) }
    for completion in inbox.takeSyncs() { completion(false) }
    for token in directory.counts.drain() {
      _ = token.beginWriting()
      token.endWriting(.failed(now: .max - 2000, giveUpBefore: .max))
    }
    _ = directory.counts.drain()
    for account in directory.budgets.drain() {
      _ = account.beginWriting()
      account.endWriting(.failed(now: .max - 2000, giveUpBefore: .max))
    }
    _ = directory.budgets.drain()
  }
}
