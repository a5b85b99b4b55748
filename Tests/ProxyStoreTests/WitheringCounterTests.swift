import Testing

@testable import ProxyStore

/// Disuse, renewal and taking back, without a file, a clock or a thread.
@Suite struct WitheringCounterTests {
  private func counter(_ withering: WitheringRow, expires: Int64 = .max, limit: Int64 = 0) -> TokenCounter {
    TokenCounter(row: row(withering, expires: expires, limit: limit))
  }

  private func row(_ withering: WitheringRow?, expires: Int64 = .max, limit: Int64 = 0, used: Int64 = 0)
    -> TokenRow
  {
    var row = TokenRow(limit: limit, used: used)
    row.expires = expires
    row.withering = withering
    return row
  }

  @Test func `disuse ends a token, counted from its last use or its making`() {
    var counter = counter(WitheringRow(idle: 100, lastUse: 1000))
    #expect(counter.idleEnd == 1100)
    #expect(counter.state(now: 1099) == .active)
    #expect(counter.state(now: 1100) == .idleExpired)
    _ = counter.take(now: 1050, ready: nil)
    #expect(counter.state(now: 1149) == .active && counter.state(now: 1150) == .idleExpired)
  }

  @Test func `a use that another process wrote counts, and an older one takes nothing away`() {
    var counter = counter(WitheringRow(idle: 100, lastUse: 1000))
    _ = counter.take(now: 1080, ready: nil)
    _ = counter.reload(row(WitheringRow(idle: 100, lastUse: 1090)))
    #expect(counter.idleEnd == 1190)
    _ = counter.reload(row(WitheringRow(idle: 100, lastUse: 1010)))
    #expect(counter.idleEnd == 1180)
  }

  @Test func `a timeout that is set, changed or cleared is in force at once`() {
    var counter = TokenCounter(row: row(nil))
    #expect(counter.state(now: 9_000_000) == .active && counter.detail == nil)
    _ = counter.reload(row(WitheringRow(idle: 100, lastUse: 1000)))
    #expect(counter.state(now: 1100) == .idleExpired)
    _ = counter.reload(row(WitheringRow(idle: 500, lastUse: 1000)))
    #expect(counter.state(now: 1100) == .active)
    _ = counter.reload(row(nil))
    #expect(counter.state(now: 9_000_000) == .active && counter.idleEnd == nil)
  }

  @Test func `each use moves the expiry, never back and never beyond the bound`() {
    var counter = counter(WitheringRow(renew: 100, renewUntil: 1250), expires: 1150)
    _ = counter.take(now: 1000, ready: nil)
    #expect(counter.expires == 1150)
    _ = counter.take(now: 1100, ready: nil)
    #expect(counter.expires == 1200)
    _ = counter.take(now: 1190, ready: nil)
    #expect(counter.expires == 1250)
    _ = counter.take(now: 1249, ready: nil)
    #expect(counter.expires == 1250 && counter.state(now: 1250) == .expired)
  }

  @Test func `a use after the end renews nothing`() {
    var counter = counter(WitheringRow(renew: 100), expires: 1000)
    _ = counter.take(now: 1000, ready: nil)
    #expect(counter.expires == 1000)
    #expect(TokenWithering.expiry(1000, afterUseAt: 1001, renew: 100, until: .max) == 1000)
  }

  @Test func `a reload keeps a renewal the file does not know, and obeys a changed bound`() {
    var counter = counter(WitheringRow(renew: 100, renewUntil: 5000), expires: 1050)
    _ = counter.take(now: 1000, ready: nil)
    #expect(counter.expires == 1100)
    _ = counter.reload(row(WitheringRow(renew: 100, renewUntil: 5000), expires: 1050))
    #expect(counter.expires == 1100)
    _ = counter.reload(row(WitheringRow(renew: 100, renewUntil: 1060), expires: 1050))
    #expect(counter.expires == 1060)
    // Brought forward by management after the use was written: stays so until the next one.
    _ = counter.reload(row(WitheringRow(renew: 100, renewUntil: 5000, lastUse: 1000), expires: 1020))
    #expect(counter.expires == 1020)
    // Expired by management before the use: stays so.
    _ = counter.reload(row(WitheringRow(renew: 100, renewUntil: 5000), expires: 900))
    #expect(counter.state(now: 1001) == .expired)
  }

  @Test func `a use of a limited token reaches the file when its time depends on it`() {
    var counter = counter(WitheringRow(idle: 100), limit: 1000)
    _ = counter.take(now: 1, ready: nil)
    _ = counter.beginWriting()
    _ = counter.endWriting(.committed(fileCount: 100, limit: 1000, granted: 100))
    #expect(counter.take(now: 2, ready: nil) == (.taken, .queue))
    #expect(counter.beginWriting().lastUsed == 2)
  }

  @Test func `the row is looked at once the uses of others must be in it, and then no more`() {
    var counter = counter(WitheringRow(idle: 100, lastUse: 1000))
    let due = 1100 + TokenWithering.writeLag
    #expect(counter.lookMoment(now: 1099) == nil)
    #expect(counter.lookMoment(now: 1100) == due)
    #expect(counter.lookMoment(now: due + 7) == due + 7)
    counter.noteLook(at: due - 1)
    #expect(counter.lookMoment(now: due) == due)
    counter.noteLook(at: due)
    #expect(counter.lookMoment(now: due + 1) == nil)
    counter.isActive = false
    #expect(counter.lookMoment(now: due + 1) == nil)
  }

  @Test func `an expiry is looked at only while renewing could have moved it`() {
    #expect(counter(WitheringRow(hasParent: true), expires: 1000).lookMoment(now: 2000) == nil)
    let renewing = WitheringRow(renew: 100, renewUntil: 1500)
    #expect(counter(renewing, expires: 1400).lookMoment(now: 1400) == 1400 + TokenWithering.writeLag)
    #expect(counter(renewing, expires: 1500).lookMoment(now: 1600) == nil)
  }

  @Test func `requests that wait for the same look share it`() {
    var counter = counter(WitheringRow(idle: 100))
    #expect(counter.beginLook { _ in })
    #expect(!counter.beginLook { _ in })
    #expect(counter.endLook().count == 2 && counter.endLook().isEmpty)
  }

  @Test func `a count that is taken back can be taken again, and no other`() {
    var limited = counter(WitheringRow(hasParent: true), limit: 2)
    _ = limited.take(now: 1, ready: nil)
    _ = limited.beginWriting()
    _ = limited.endWriting(.committed(fileCount: 2, limit: 2, granted: 2))
    #expect(limited.take(now: 1, ready: nil).outcome == .taken)
    #expect(limited.take(now: 1, ready: nil).outcome == .taken)
    #expect(limited.untake() == .none)
    #expect(limited.usedCount(fileRow: 2) == 1)
    #expect(limited.take(now: 1, ready: nil).outcome == .taken)
    #expect(limited.take(now: 1, ready: nil).outcome == .usedUp)
    // The limit was lowered in between: nothing comes free.
    _ = limited.reload(row(WitheringRow(hasParent: true), limit: 1, used: 2))
    #expect(limited.untake() == .queueNow)
    #expect(limited.take(now: 1, ready: nil).outcome != .taken)
  }

  @Test func `an unlimited count is taken back, written already or not`() {
    var counter = counter(WitheringRow(hasParent: true))
    _ = counter.take(now: 1, ready: nil)
    #expect(counter.untake() == .none)
    #expect(counter.beginWriting().counts == 0)
    _ = counter.endWriting(.committed(fileCount: 0, limit: 0, granted: 0))
    _ = counter.take(now: 1, ready: nil)
    _ = counter.beginWriting()
    _ = counter.endWriting(.committed(fileCount: 1, limit: 0, granted: 0))
    #expect(counter.untake() == .queueNow)
    #expect(counter.usedCount(fileRow: 1) == 0)
    #expect(counter.beginWriting().returning == 1)
  }
}
