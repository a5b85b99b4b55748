internal import GRDB
internal import ProxyCore

extension Writer {
  /// What the file says about a token that has something to write.
  private struct CountedRow {
    var count: Int64
    var limit: Int64
    var lastUsed: Int64
    var expires: Int64
    var renew: Int64
    var renewUntil: Int64

    static let selection = """
      SELECT request_count, max_requests, last_used_at, expires_at, renew_seconds, renew_until
      FROM tokens WHERE token = ?
      """

    init(_ statement: RawStatement) {
      count = statement.integer(0)
      limit = max(0, statement.integer(1))
      lastUsed = statement.moment(2)?.milliseconds ?? 0
      renew = WitheringRow.milliseconds(statement.integer(4))
      // Only a token that is renewed by use has its expiry read.
      expires = renew > 0 ? statement.moment(3)?.milliseconds ?? 0 : 0
      renewUntil = renew > 0 && !statement.isNull(5) ? statement.moment(5)?.milliseconds ?? 0 : .max
    }

    /// The expiry to write after a use at this moment; `nil` when it stays.
    func renewed(byUseAt use: Int64) -> Int64? {
      let expiry = TokenWithering.expiry(expires, afterUseAt: use, renew: renew, until: renewUntil)
      return expiry > expires ? expiry : nil
    }
  }

  /// Writes the counts of one token and takes its lease.
  func write(_ work: TokenCounter.Work, of token: AccessToken, _ db: Database) throws -> TokenCounter.Result {
    let key = token.hash.hex
    var found: CountedRow?
    let read = try RawStatement(db, CountedRow.selection)
    read.bind(key, at: 1)
    try read.run { found = CountedRow($0) }
    guard let row = found else { return .gone }
    let settled = max(0, row.count + work.counts - work.returning)
    let granted =
      work.wantsRefill && row.limit > 0
      ? LeasePolicy.grant(remaining: row.limit - settled, lease: work.lease, demand: work.demand) : 0
    let moved = settled - row.count + granted
    guard moved != 0 || work.cacheHits != 0 || work.lastUsed > row.lastUsed else {
      return .committed(fileCount: row.count, limit: row.limit, granted: 0)
    }
    let renewed = work.lastUsed > row.lastUsed ? row.renewed(byUseAt: work.lastUsed) : nil
    // The guard in the statement says what the arithmetic above has assured: a lease never goes beyond the
    // limit. A use that another process has written later stays.
    let update = try RawStatement(
      db,
      """
      UPDATE tokens SET request_count = request_count + ?1, cache_hit_count = cache_hit_count + ?2,
        last_used_at = coalesce(?3, last_used_at)\(renewed == nil ? "" : ", expires_at = ?6")
      WHERE token = ?4 AND (?5 = 0 OR max_requests IS NULL OR request_count + ?1 <= max_requests)
      """)
    update.bind(moved, at: 1)
    update.bind(work.cacheHits, at: 2)
    let isLater = work.lastUsed > row.lastUsed
    update.bind(isLater ? Timestamp(milliseconds: work.lastUsed).databaseText : nil, at: 3)
    update.bind(key, at: 4)
    update.bind(granted, at: 5)
    if let renewed { update.bind(Timestamp(milliseconds: renewed).databaseText, at: 6) }
    try update.run()
    guard db.changesCount == 1 else { return .committed(fileCount: row.count, limit: row.limit, granted: 0) }
    return .committed(fileCount: settled + granted, limit: row.limit, granted: granted)
  }
}
