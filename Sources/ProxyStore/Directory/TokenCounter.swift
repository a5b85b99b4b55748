/// What one access token may still do: pure state, guarded by the token's lock. Events go in, what the caller
/// has to do comes out; nothing here knows a clock, a thread or a file.
///
/// Small on purpose: a million of these are in memory. What only used or unusual tokens have is in `detail`.
struct TokenCounter {
  /// End of life in milliseconds since the Unix epoch; `.max` is never.
  var expires: Int64
  /// Lifetime limit of requests; 0 is unlimited.
  var limit: Int64
  /// `request_count` of the file as last seen, leases of all processes included.
  var fileCount: Int64
  /// When a request was counted last, in milliseconds since the Unix epoch; 0 when not since the start.
  var lastUsed: Int64 = 0
  var detail: TokenDetail?
  /// Requests of an unlimited token that the file does not know yet.
  var pending: UInt32 = 0
  /// The part of them that a transaction is writing at this moment.
  var transit: UInt32 = 0
  var isActive: Bool
  /// True while the token stands in the writer's queue.
  var isQueued = false

  init(row: TokenRow) {
    expires = row.expires
    limit = row.limit
    fileCount = row.requestCount
    isActive = row.isActive
    if let withering = row.withering { witheringForWriting().adopt(withering) }
  }

  /// What the caller has to do after it has let go of the lock.
  enum Errand: Equatable {
    case none
    /// Put the token into the writer's queue; it is written with the next batch.
    case queue
    /// Put it there and wake the writer.
    case queueNow
    /// It stands there already: only wake the writer.
    case wake
  }

  mutating func take(now: Int64, ready: (@Sendable () -> Void)?) -> (outcome: TakeOutcome, errand: Errand) {
    if limit == 0 {
      pending &+= 1
      noteUse(now)
      return (.taken, queue())
    }
    let detail = detailForWriting()
    if detail.lease > 0 {
      detail.lease -= 1
      noteUse(now)
      guard !detail.wantsRefill, LeasePolicy.isLow(lease: detail.lease, remaining: limit - fileCount) else {
        return (.taken, detail.withering?.dependsOnUse == true ? queue() : .none)
      }
      detail.wantsRefill = true
      detail.waitingSince = now
      return (.taken, queueNow())
    }
    if detail.unavailableUntil > now { return (.unavailable, .none) }
    if !detail.wantsRefill, isFileUsedUp { return (.usedUp, .none) }
    if let ready { detail.waiters.append(ready) }
    if detail.wantsRefill { return (.pending, .none) }
    detail.wantsRefill = true
    detail.waitingSince = now
    return (.pending, queueNow())
  }

  func state(now: Int64) -> TokenState {
    if !isActive { return .revoked }
    if expires <= now { return .expired }
    if let withering = detail?.withering, withering.idleEnd(lastUsed: lastUsed) <= now { return .idleExpired }
    guard limit > 0, isFileUsedUp else { return .active }
    guard let detail else { return .usedUp }
    return detail.lease == 0 && !detail.wantsRefill ? .usedUp : .active
  }

  mutating func noteCacheHit(now: Int64) -> Errand {
    detailForWriting().cacheHits += 1
    noteUse(now)
    return queue()
  }

  /// Takes over the policies of its row.
  mutating func adopt(_ policies: OwnPolicies) {
    guard !policies.isEmpty || detail?.policies != nil else { return }
    detailForWriting().policies = policies.isEmpty ? nil : policies
  }

  /// Takes over a row read later than the last one, never while a transaction writes this token.
  mutating func reload(_ row: TokenRow) -> Errand {
    expires = row.expires
    limit = row.limit
    fileCount = row.requestCount
    isActive = row.isActive
    if row.label != nil || detail != nil { detailForWriting().label = row.label }
    if row.withering != nil || detail?.withering != nil {
      let withering = witheringForWriting()
      withering.adopt(row.withering ?? WitheringRow())
      // A use that the file does not know yet has renewed it all the same; one that it knows has done so before
      // whatever else has changed the expiry since.
      if lastUsed > withering.row.lastUse { expires = withering.expiry(expires, afterUseAt: lastUsed) }
    }
    guard let detail else { return .none }
    detail.unavailableUntil = 0
    // A limit that was lowered below what is leased, or lifted: the difference goes back to the file.
    let excess = limit == 0 ? detail.lease : max(0, min(detail.lease, fileCount - limit))
    guard excess > 0 else { return .none }
    detail.lease -= excess
    detail.returning += excess
    return queueNow()
  }

  /// Gives the unused rest of the lease back, when the token has not been used since `idleSince` (always for
  /// `nil`).
  mutating func giveBack(idleSince: Int64?) -> Errand {
    guard let detail, detail.lease > 0, !detail.wantsRefill else { return .none }
    // A lease that was just fetched has not been used yet and is not idle.
    if let idleSince, max(lastUsed, detail.waitingSince) > idleSince { return .none }
    detail.returning += detail.lease
    detail.lease = 0
    return queue()
  }

  /// Whether the file has nothing left to lease, once everything in memory is written and given back.
  private var isFileUsedUp: Bool {
    fileCount + Int64(pending) + Int64(transit) - (detail?.returning ?? 0) >= limit
  }

  private mutating func noteUse(_ now: Int64) {
    lastUsed = now
    if let withering = detail?.withering { expires = withering.expiry(expires, afterUseAt: now) }
  }

  mutating func queue() -> Errand {
    if isQueued { return .none }
    isQueued = true
    return .queue
  }

  mutating func queueNow() -> Errand {
    if isQueued { return .wake }
    isQueued = true
    return .queueNow
  }

  mutating func detailForWriting() -> TokenDetail {
    if let detail { return detail }
    let made = TokenDetail()
    detail = made
    return made
  }

  mutating func witheringForWriting() -> TokenWithering {
    let detail = detailForWriting()
    if let withering = detail.withering { return withering }
    let made = TokenWithering()
    detail.withering = made
    return made
  }
}
