internal import Dispatch
internal import GRDB
internal import ProxyCore
internal import Synchronization

/// The only writer of this process: gathers what waits (operations, leases, counts, usage, audit) into one
/// transaction after the other, and keeps the directory up to date with the file.
///
/// Everything happens on one serial queue, so that what the directory is told has the order of the commits. A
/// transaction that fails for the file's sake is repeated; nothing that fails gets to traffic.
final class Writer: Sendable {
  let pool: DatabasePool
  let directory: Directory
  let usage: UsageLedger
  let audit: BatchQueue<AuditRecord>
  let options: StoreOptions
  let feed: ChangeFeed
  let identity: FileIdentity
  let queue = DispatchQueue(label: "llm-proxy.store.writer")
  let confined = Confined()
  let inbox = WriterInbox()
  private let failure = Mutex<StoreFailure?>(nil)

  private static let mostJobs = 256
  private static let syncIntervalNanoseconds: UInt64 = 5_000_000
  private static let sweepIntervalNanoseconds: UInt64 = 1_000_000_000

  /// State of the serial queue; touched nowhere else, which is what makes it Sendable.
  final class Confined: @unchecked Sendable {
    /// Position in the change log that the directory stands for.
    var sequence: Int64 = 0
    /// Position up to which the change log was trimmed last.
    var trimmed: Int64 = 0
    /// `PRAGMA data_version` at the last look; changes when another connection has committed.
    var dataVersion: Int64 = -1
    /// Monotonic time before which a failed transaction is not repeated.
    var retryAt: UInt64 = 0
    /// Monotonic time of the last look for changes.
    var syncedAt: UInt64 = 0
    /// True while a look for changes is put off because the last one was a moment ago.
    var isSyncScheduled = false
    /// Monotonic time of the last look for idle leases.
    var sweptAt: UInt64 = 0
    var timer: (any DispatchSourceTimer)?
    /// Tokens with a lease.
    var leased: [AccessToken] = []
    /// Budgets of which something is held.
    var holding: [BudgetAccount] = []
    /// This process's number among the holders.
    var holder: Holder?
    /// True when somebody held something at the start: living processes, and those that were killed.
    var hasHolds = false
    /// Names of models that roll-ups know today.
    var models = ModelNames()
    /// Monotonic time before which nothing old is looked for.
    var trimmedUntil: UInt64 = 0
  }

  init(
    pool: DatabasePool, directory: Directory, usage: UsageLedger, audit: BatchQueue<AuditRecord>,
    options: StoreOptions
  ) throws(StoreError) {
    identity = try FileIdentity(of: options.path)
    self.pool = pool
    self.directory = directory
    self.usage = usage
    self.audit = audit
    self.options = options
    feed = ChangeFeed(sealingKey: options.sealingKey)
  }

  /// Starts ticking; called once, after the directory was loaded.
  func start() {
    directory.counts.onWake { [weak self] in self?.schedule() }
    directory.budgets.onWake { [weak self] in self?.schedule() }
    directory.onLoad { [weak self] completion in
      guard let self else { return completion(false) }
      sync(completion)
    }
    directory.onLook { [weak self] token, due, completion in
      guard let self else { return completion(false) }
      look(at: token, due: due, completion)
    }
    usage.queue.onWake { [weak self] in self?.schedule() }
    audit.onWake { [weak self] in self?.schedule() }
    let source = DispatchSource.makeTimerSource(queue: queue)
    let interval = options.tickInterval.dispatchInterval
    source.schedule(deadline: .now() + interval, repeating: interval, leeway: .milliseconds(5))
    source.setEventHandler { [weak self] in self?.cycle(isTick: true) }
    let hasHolds = queue.sync {
      confined.timer = source
      return confined.hasHolds
    }
    source.resume()
    if hasHolds { removeDeadHolds() }
  }

  deinit {
    confined.timer?.cancel()
  }

  // MARK: From any thread

  /// What failed last, while it fails.
  var problem: StoreFailure? { failure.withLock { $0 } }

  /// Does `body` in a write transaction and returns after the commit, with the directory up to date.
  func write<Value: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Value
  ) async throws(StoreError) -> Value {
    let result: Result<Value, StoreError> = await withCheckedContinuation { continuation in
      submit(
        WriteJob(
          deadline: Clocks.monotonicNanoseconds() + options.operationTimeout.nanoseconds,
          body: { db in
            let value = try body(db)
            return { continuation.resume(returning: .success(value)) }
          },
          fail: { continuation.resume(returning: .failure($0)) }))
    }
    return try result.get()
  }

  /// Does `body` as `write` does, and in the same transaction tells the audit trail what it returned.
  func change<Value: Sendable>(
    _ event: AuditEvent<Value>?, _ body: @escaping @Sendable (Database) throws -> Value
  ) async throws(StoreError) -> Value {
    try await write { db in
      let value = try body(db)
      if let record = event?(value) { try AuditChain.append([record], db) }
      return value
    }
  }

  /// Brings the directory up to date with the file, then calls `completion` with whether that worked.
  func sync(_ completion: @escaping @Sendable (Bool) -> Void) {
    inbox.add(sync: completion) ? schedule() : completion(false)
  }

  /// Wakes the writer.
  func schedule() {
    guard inbox.schedule() else { return }
    queue.async { [self] in cycle(isTick: false) }
  }

  func submit(_ job: WriteJob) {
    inbox.add(job) ? schedule() : job.fail(.unavailable(reason: "the store is closed"))
  }

  // MARK: On the queue

  /// One turn: write what waits, then look for what others wrote.
  private func cycle(isTick: Bool) {
    dispatchPrecondition(condition: .onQueue(queue))
    let now = Clocks.monotonicNanoseconds()
    if !isTick { inbox.beginTurn() }
    if inbox.isClosed { return refuseWaiting() }
    if now >= confined.retryAt {
      if isTick, now - confined.sweptAt > Self.sweepIntervalNanoseconds { sweepLeases(now) }
      writeWaiting()
      if isTick { trimUsage(now) }
    } else {
      expireJobs(now)
    }
    synchronize(now, isTick: isTick)
    if inbox.hasJobs || usage.queue.queued > UsageLedger.batch,
      Clocks.monotonicNanoseconds() >= confined.retryAt
    {
      schedule()
    }
  }

  func writeWaiting() {
    let batch = WriteBatch(
      jobs: inbox.takeJobs(Self.mostJobs), tokens: directory.counts.drain(),
      budgets: directory.budgets.drain(), usage: usage.queue.next(UsageLedger.most),
      audit: audit.next(UsageLedger.most))
    guard !batch.isEmpty else { return }
    do {
      try commit(batch)
    } catch {
      failed(error)
      abandon(batch)
    }
  }

  /// A batch that was rolled back: everything goes back to where it was, and what has waited too long is
  /// told.
  private func abandon(_ batch: WriteBatch) {
    let now = Clocks.unixMilliseconds()
    let timeout = options.operationTimeout.milliseconds
    // After a whole timeout without success nobody is made to wait for another one.
    let isLasting = problem.map { now - $0.since.milliseconds > timeout } ?? false
    for token in batch.tokens {
      token.endWriting(.failed(now: now, giveUpBefore: isLasting ? now : now - timeout))
    }
    for account in batch.budgets {
      account.endWriting(.failed(now: now, giveUpBefore: isLasting ? now : now - timeout))
    }
    inbox.putBack(batch.jobs)
    confined.retryAt = Clocks.monotonicNanoseconds() + options.tickInterval.nanoseconds
    expireJobs(Clocks.monotonicNanoseconds())
  }

  private func expireJobs(_ now: UInt64) {
    let reason = problem?.reason ?? "the database did not answer in time"
    for job in inbox.takeExpired(now) { job.fail(.unavailable(reason: reason)) }
  }

  private func synchronize(_ now: UInt64, isTick: Bool) {
    guard isTick || inbox.hasSyncs else { return }
    let age = now - confined.syncedAt
    if !isTick, age < Self.syncIntervalNanoseconds {
      guard !confined.isSyncScheduled else { return }
      confined.isSyncScheduled = true
      queue.asyncAfter(deadline: .now() + .nanoseconds(Int(Self.syncIntervalNanoseconds - age))) {
        [weak self] in
        self?.schedule()
      }
      return
    }
    confined.isSyncScheduled = false
    let waiting = inbox.takeSyncs()
    confined.syncedAt = now
    var isUpToDate = false
    do {
      try readChanges()
      isUpToDate = true
      // Reading well says nothing about writing: only a failure that came from reading ends here.
      if problem?.isFromReading == true { succeeded() }
    } catch {
      failed(error, isFromReading: true)
    }
    for completion in waiting { completion(isUpToDate) }
  }

  private func sweepLeases(_ now: UInt64) {
    confined.sweptAt = now
    let idleSince = Clocks.unixMilliseconds() - options.leaseIdleTimeout.milliseconds
    for token in confined.leased { token.giveBack(idleSince: idleSince) }
    confined.leased.removeAll { $0.delist() }
    sweepBudgets(idleSince: idleSince)
  }

  func succeeded() {
    confined.retryAt = 0
    failure.withLock { $0 = nil }
  }

  func failed(_ error: any Error, isFromReading: Bool = false) {
    var reason = "the operation could not be carried out"
    if case .unavailable(let told) = StoreError(database: error) { reason = told }
    failure.withLock { failure in
      failure = StoreFailure(
        reason: reason, since: failure?.since ?? .now(),
        isFromReading: isFromReading && failure?.isFromReading != false)
    }
  }
}
