internal import GRDB
internal import ProxyCore

extension Writer {
  /// Writes a batch in one transaction and puts its effects into force. Throws only when nothing was written
  /// and the batch is to be tried again.
  func commit(_ batch: WriteBatch) throws {
    let works = batch.tokens.map { $0.beginWriting() }
    let budgetWorks = batch.budgets.map { $0.beginWriting() }
    // Whatever fails from here on ends with `endWriting`, which queues them again.
    try identity.check()
    let holder = batch.budgets.isEmpty ? confined.holder : holder()
    let ledger = UsageBatch(batch.usage, prices: options.prices, names: &confined.models)
    var results: [TokenCounter.Result] = []
    var budgets: [BudgetCounter.Result?] = []
    var completions: [@Sendable () -> Void] = []
    var changes = DirectoryChanges(sequence: confined.sequence)
    try pool.writeWithoutTransaction { db in
      try db.inTransaction(.immediate) {
        // Operations first: a lease must see a limit that was just lowered.
        completions = try batch.jobs.map { try run($0, db) }
        results = try zip(batch.tokens, works).map { try write($1, of: $0, db) }
        try ledger.write(holder: holder?.number, db)
        // After the charges, which take out of what is held.
        budgets = try zip(batch.budgets, budgetWorks).map { try write($1, of: $0, holder, db) }
        try AuditChain.append(batch.audit, db)
        if !batch.jobs.isEmpty {
          changes = try feed.changes(after: confined.sequence, db)
          if changes.hasPlainTokens { try feed.sealTokens(db) }
          if changes.sequence - confined.trimmed > 10_000 {
            try feed.trim(upTo: changes.sequence, db)
            confined.trimmed = changes.sequence
          }
        }
        for case (let token, .committed(_, _, let granted)) in zip(batch.tokens, results) {
          token.announce(granted: granted)
        }
        return .commit
      }
    }
    // Before anybody hears of the commit, so that nobody who does sees an old failure.
    succeeded()
    for (token, result) in zip(batch.tokens, results) {
      token.endWriting(result)
      if case .committed(_, _, 1...) = result, token.enlist() { confined.leased.append(token) }
    }
    finish(batch.budgets, budgets)
    usage.noteCharged(ledger.chargedMicros)
    usage.queue.settle(batch.usage.count)
    audit.settle(batch.audit.count)
    do { try adopt(changes) } catch {
      // What was written is written; the directory follows with the next look, at the latest with the next
      // tick.
      confined.dataVersion = -1
    }
    for completion in completions { completion() }
  }

  /// Reads everything into the directory, before traffic.
  func load() throws {
    try pool.writeWithoutTransaction { db in
      // Before the rows: a commit in between shows as a change afterwards.
      confined.dataVersion = try Self.dataVersion(db)
      try reload(db)
      confined.trimmed = confined.sequence
      confined.hasHolds = try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM usage_holds)") ?? false
    }
  }

  /// Looks whether another connection has committed, and adopts what it changed.
  func readChanges() throws {
    try identity.check()
    var needsSealing = false
    try pool.writeWithoutTransaction { db in
      let version = try Self.dataVersion(db)
      guard version != confined.dataVersion else { return }
      var changes = DirectoryChanges()
      try db.inTransaction(.deferred) {
        changes = try feed.changes(after: confined.sequence, db)
        return .commit
      }
      if changes.needsReload { try reload(db) } else { adoptListed(changes) }
      needsSealing = changes.hasPlainTokens
      confined.dataVersion = version
    }
    if needsSealing { sealLater() }
  }

  /// Has tokens that were found in clear replaced by their hashes, with the next transaction.
  func sealLater() {
    submit(
      WriteJob(
        deadline: Clocks.monotonicNanoseconds() + options.operationTimeout.nanoseconds,
        body: { [feed] db in
          try feed.sealTokens(db)
          return {}
        },
        // They work as they are, and are sealed with the next change or when the file is opened next.
        fail: { _ in }))
  }

  /// Changes when another connection has committed; asked ten times a second, so the statement is kept.
  private static func dataVersion(_ db: Database) throws -> Int64 {
    var version: Int64 = 0
    try RawStatement(db, "PRAGMA data_version").run { version = $0.integer(0) }
    return version
  }

  private func adopt(_ changes: DirectoryChanges) throws {
    guard changes.needsReload else { return adoptListed(changes) }
    try pool.writeWithoutTransaction { db in try reload(db) }
  }

  private func adoptListed(_ changes: DirectoryChanges) {
    directory.apply(changes)
    confined.sequence = changes.sequence
  }

  private func reload(_ db: Database) throws {
    try db.inTransaction(.deferred) {
      confined.sequence = try feed.load(into: directory, db).sequence
      return .commit
    }
  }

  /// Runs one operation in a savepoint of its own. Throws only what concerns the whole transaction.
  private func run(_ job: WriteJob, _ db: Database) throws -> @Sendable () -> Void {
    var completion: @Sendable () -> Void = {}
    do {
      try db.inSavepoint {
        completion = try job.body(db)
        return .commit
      }
    } catch let error as DatabaseError where error.isEnvironmental {
      throw error
    } catch {
      let reason = StoreError(database: error)
      completion = { job.fail(reason) }
    }
    return completion
  }
}
