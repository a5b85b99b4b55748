/// What a counter knows of disuse, renewal and the token it hangs on.
extension TokenCounter {
  /// The token it hangs on.
  var parentage: Parentage { detail?.withering?.parentage ?? .none }

  /// When it withers if it is not used from now on; `nil` without idle expiry.
  var idleEnd: Int64? {
    guard let withering = detail?.withering, withering.row.idle > 0 else { return nil }
    return withering.idleEnd(lastUsed: lastUsed)
  }

  /// Takes a count back that a request did not need after all: the token it hangs on had none left.
  mutating func untake() -> Errand {
    if limit > 0, fileCount <= limit {
      detailForWriting().lease += 1
      return .none
    }
    if limit == 0, pending > 0 {
      pending -= 1
      return .none
    }
    // Counted and written already, or the limit was lowered meanwhile: the count goes back to the file.
    detailForWriting().returning += 1
    return queueNow()
  }

  /// When the row has to be read before this token may be called withered, because a use by another process
  /// would have kept it; `nil` when memory knows enough.
  func lookMoment(now: Int64) -> Int64? {
    guard isActive, let withering = detail?.withering else { return nil }
    let end: Int64
    if expires <= now {
      guard withering.row.renew > 0, expires < withering.row.renewUntil else { return nil }
      end = expires
    } else {
      end = withering.idleEnd(lastUsed: lastUsed)
      guard end <= now else { return nil }
    }
    let due = end + TokenWithering.writeLag
    return withering.lookedAt >= due ? nil : max(now, due)
  }

  /// Waits for a look at the row; false when one is under way already.
  mutating func beginLook(_ looker: @escaping @Sendable (Bool) -> Void) -> Bool {
    let withering = witheringForWriting()
    withering.lookers.append(looker)
    return withering.lookers.count == 1
  }

  /// The look has ended; returns whom to tell, outside of the lock.
  func endLook() -> [@Sendable (Bool) -> Void] {
    guard let withering = detail?.withering else { return [] }
    defer { withering.lookers = [] }
    return withering.lookers
  }

  /// The row was read at this moment.
  func noteLook(at moment: Int64) { detail?.withering?.lookedAt = moment }
}
