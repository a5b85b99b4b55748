import ProxyCore
import ProxyPipeline
import ProxyStore
import Testing

@testable import ProxyManagement

@Suite struct EventHubTests {
  @Test func everyListenerHearsEverything() async {
    let hub = EventHub()
    let streams = (0..<3).compactMap { _ in hub.listen(session: nil) }
    #expect(streams.count == 3 && hub.listenerCount == 3)
    hub.publish([1])
    hub.publish([2])
    hub.close()
    for stream in streams {
      var heard: [[UInt8]] = []
      for await event in stream { heard.append(event) }
      #expect(heard == [[1], [2]])
    }
    #expect(hub.listen(session: nil) == nil)
  }

  @Test func aListenerThatDoesNotKeepUpIsDropped() async {
    let hub = EventHub()
    let slow = hub.listen(session: nil)
    for number in 0...EventHub.queueLimit { hub.publish([UInt8(truncatingIfNeeded: number)]) }
    #expect(hub.listenerCount == 0 && hub.droppedCount == 1)
    var count = 0
    if let slow { for await _ in slow { count += 1 } }
    #expect(count == EventHub.queueLimit)
  }

  @Test func theirNumberIsBounded() {
    let hub = EventHub()
    let streams = (0..<EventHub.listenerLimit).compactMap { _ in hub.listen(session: nil) }
    #expect(streams.count == EventHub.listenerLimit)
    // A stream that nobody holds any more is a listener that has left.
    withExtendedLifetime(streams) { #expect(hub.listen(session: nil) == nil) }
  }

  @Test func aListenerEndsWithItsSession() async {
    let hub = EventHub()
    let stream = hub.listen(session: SessionKey(id: "a"))
    let other = hub.listen(session: nil)
    hub.endOthers { _ in false }
    if let stream { for await _ in stream {} }
    withExtendedLifetime(other) { #expect(hub.listenerCount == 1) }
  }

  private func record(_ id: String, _ status: UInt16) -> ExchangeRecord {
    var entry = UsageEntry(token: nil, requestID: id, startedMilliseconds: 0)
    entry.status = status
    return ExchangeRecord(entry: entry, method: "GET", path: "/v1/models", clientAddress: "192.0.2.1")
  }

  @Test func ofManyExchangesThoseWithTroubleAreShown() {
    let journal = ExchangeJournal()
    for number in 0..<50 { journal.push(record("\(number)", number == 7 ? 500 : 200)) }
    let chosen = LiveTail.choose(journal.records(after: 0, limit: 200), most: 5)
    #expect(chosen.map(\.entry.requestID) == ["7", "46", "47", "48", "49"])
    #expect(LiveTail.choose(journal.records(after: 47, limit: 200), most: 5).count == 3)
  }

  @Test func aFloodDoesNotWashAFailureAway() {
    let journal = ExchangeJournal(capacity: 10, troubleCapacity: 5)
    journal.push(record("bad", 502))
    for number in 0..<100 { journal.push(record("\(number)", 200)) }
    let kept = journal.records()
    #expect(kept.count == 11 && kept.last?.entry.requestID == "bad")
    #expect(kept.map(\.sequence) == kept.map(\.sequence).sorted(by: >))
    #expect(journal.lastSequence == 101)
  }

  @Test func theSampleSaysHowManyWereSeen() {
    let hub = EventHub()
    let journal = ExchangeJournal()
    var tail = LiveTail(sequence: 0)
    _ = tail.sample(total: 1000)
    for number in 0..<30 { journal.push(record("\(number)", 200)) }
    tail.publish(journal, ExchangeDocument(prices: PriceBook()), to: hub, most: 5)
    #expect(
      tail.sample(total: 3000) == ["sampled": .bool(true), "seen": .integer(2000), "shown": .integer(5)])
    #expect(tail.sample(total: 3000) == ["sampled": .bool(false), "seen": .integer(0), "shown": .integer(0)])
  }
}
