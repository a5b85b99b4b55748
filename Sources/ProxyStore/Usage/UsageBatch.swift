internal import GRDB
internal import ProxyCore

/// Ledger entries with everything that is written in the same transaction: roll-ups, balances, and what the
/// charges take out of this process's holds.
struct UsageBatch {
  let entries: [UsageEntry]
  private(set) var runs: [LedgerRun] = []
  /// One for each entry.
  private(set) var charges: [UsageCharge?] = []
  private var rollup = UsageRollup()
  private var balances: [BalanceKey: Int64] = [:]
  private var used: [BudgetKey: Int64] = [:]
  /// All charges together.
  private(set) var chargedMicros: Int64 = 0

  init(_ entries: [UsageEntry], prices: PriceBook, names: inout ModelNames) {
    self.entries = entries
    charges.reserveCapacity(entries.count)
    while charges.count < entries.count {
      let run = LedgerRun(from: charges.count, in: entries, prices)
      charge(run)
      rollup.add(run, of: entries, charges, &names)
      runs.append(run)
    }
  }

  /// Charges the entries of a run; what they cost in a day is added up before anything is looked up.
  private mutating func charge(_ run: LedgerRun) {
    var (day, micros) = (Int64(0), Int64(0))
    for place in run.places {
      let ended = entries[place].startedMilliseconds + entries[place].durationMicroseconds / 1000
      let charge = entries[place].charge ?? run.charge(entries[place].counts, endedMilliseconds: ended)
      charges.append(charge)
      guard let charge, charge.micros > 0 else { continue }
      if charge.day != day {
        add(micros, day, to: run)
        (day, micros) = (charge.day, 0)
      }
      micros = micros.addingSaturated(charge.micros)
      for account in entries[place].reservation?.accounts ?? [] {
        used[account.key] = used[account.key, default: 0].addingSaturated(charge.micros)
      }
    }
    add(micros, day, to: run)
  }

  private mutating func add(_ micros: Int64, _ day: Int64, to run: LedgerRun) {
    guard micros > 0 else { return }
    chargedMicros = chargedMicros.addingSaturated(micros)
    for (scope, id) in run.scopes {
      let key = BalanceKey(scope: scope, id: id, day: day)
      balances[key] = min(UsageBalance.mostAdded, balances[key, default: 0].addingSaturated(micros))
    }
  }

  /// Writes everything. `holder` is this process's number, when it holds anything.
  func write(holder: Int64?, _ db: Database) throws {
    guard !entries.isEmpty else { return }
    try insertEntries(db)
    try rollup.write(db)
    // Older days first: a balance only knows the newest.
    for (key, micros) in balances.sorted(by: { $0.key.day < $1.key.day }) {
      try UsageBalance.add(micros, day: key.day, to: key.scope, key.id, db)
    }
    guard let holder else { return }
    for (key, micros) in used { try BudgetHold.change(by: -micros, key, holder: holder, db) }
  }

  private struct BalanceKey: Hashable {
    var scope: BudgetScope
    var id: String
    var day: Int64
  }
}
