internal import GRDB
internal import ProxyCore

/// Ledger entries with everything that is written in the same transaction: roll-ups, balances, and what the
/// charges take out of this process's holds.
struct UsageBatch {
  private var rows: [LedgerRow] = []
  private var rollup = UsageRollup()
  private var charges: [BalanceKey: Int64] = [:]
  private var used: [BudgetKey: Int64] = [:]
  /// All charges together.
  private(set) var chargedMicros: Int64 = 0

  init(_ entries: [UsageEntry], prices: PriceBook, names: inout ModelNames) {
    rows.reserveCapacity(entries.count)
    var price: ModelPrice?
    // Rows that are alike follow each other: their charges are added up before anything is looked up.
    var run: (keys: [BalanceKey], day: Int64, micros: Int64) = ([], 0, 0)
    for entry in entries {
      let row = LedgerRow(entry, prices: prices, price: &price, last: rows.last)
      rows.append(row)
      rollup.add(row, &names)
      if !row.isLikeLast {
        add(run.micros, to: run.keys)
        run = ([], 0, 0)
      }
      guard let charge = row.charge, charge.micros > 0 else { continue }
      chargedMicros = chargedMicros.addingSaturated(charge.micros)
      if run.keys.isEmpty || run.day != charge.day {
        add(run.micros, to: run.keys)
        let keys = row.scopes.map { BalanceKey(scope: $0.scope, id: $0.id, day: charge.day) }
        run = (keys, charge.day, 0)
      }
      run.micros = run.micros.addingSaturated(charge.micros)
      for account in entry.reservation?.accounts ?? [] {
        used[account.key] = used[account.key, default: 0].addingSaturated(charge.micros)
      }
    }
    add(run.micros, to: run.keys)
  }

  private mutating func add(_ micros: Int64, to keys: [BalanceKey]) {
    for key in keys {
      charges[key] = min(UsageBalance.mostAdded, charges[key, default: 0].addingSaturated(micros))
    }
  }

  /// Writes everything. `holder` is this process's number, when it holds anything.
  func write(holder: Int64?, _ db: Database) throws {
    guard !rows.isEmpty else { return }
    try UsageLedger.insert(rows, db)
    try rollup.write(db)
    // Older days first: a balance only knows the newest.
    for (key, micros) in charges.sorted(by: { $0.key.day < $1.key.day }) {
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
