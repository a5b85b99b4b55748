internal import Synchronization

/// What other threads have left for the writer: operations and wishes for an up-to-date directory. Any
/// thread.
final class WriterInbox: Sendable {
  private static let mostSyncs = 10_000

  private struct State {
    var jobs: [WriteJob] = []
    var syncs: [@Sendable (Bool) -> Void] = []
    var isScheduled = false
    var isClosed = false
  }

  private let state = Mutex(State())

  /// False once closed.
  func add(_ job: WriteJob) -> Bool {
    state.withLock { state in
      if !state.isClosed { state.jobs.append(job) }
      return !state.isClosed
    }
  }

  /// False once closed, and when so many wait that one more would not be served in time.
  func add(sync completion: @escaping @Sendable (Bool) -> Void) -> Bool {
    state.withLock { state in
      guard !state.isClosed, state.syncs.count < Self.mostSyncs else { return false }
      state.syncs.append(completion)
      return true
    }
  }

  /// Notes that a turn of the writer is due; false when one is already.
  func schedule() -> Bool {
    state.withLock { state in
      defer { state.isScheduled = true }
      return !state.isScheduled
    }
  }

  /// The turn has begun: what is left from now on needs another one.
  func beginTurn() { state.withLock { $0.isScheduled = false } }

  /// Takes up to `most` operations, in order.
  func takeJobs(_ most: Int) -> [WriteJob] {
    state.withLock { state in
      let jobs = Array(state.jobs.prefix(most))
      state.jobs.removeFirst(jobs.count)
      return jobs
    }
  }

  /// The operations taken have to be tried again.
  func putBack(_ jobs: [WriteJob]) { state.withLock { $0.jobs = jobs + $0.jobs } }

  /// Takes the operations whose time is over.
  func takeExpired(_ now: UInt64) -> [WriteJob] {
    state.withLock { state in
      let expired = state.jobs.filter { $0.deadline <= now }
      state.jobs.removeAll { $0.deadline <= now }
      return expired
    }
  }

  func takeSyncs() -> [@Sendable (Bool) -> Void] {
    state.withLock { state in
      defer { state.syncs = [] }
      return state.syncs
    }
  }

  /// Takes nothing any more; false when it was closed before.
  func close() -> Bool {
    state.withLock { state in
      defer { state.isClosed = true }
      return !state.isClosed
    }
  }

  var isClosed: Bool { state.withLock { $0.isClosed } }
  var hasJobs: Bool { state.withLock { !$0.jobs.isEmpty } }
  var hasSyncs: Bool { state.withLock { !$0.syncs.isEmpty } }
}
