import ProxyPipeline

/// Which of the exchanges that end are shown live: a few a second, those with trouble first.
struct LiveTail {
  private var sequence: UInt64
  private var shown: UInt64 = 0
  private var total: UInt64?

  /// Begins behind the exchange of this number.
  init(sequence: UInt64) {
    self.sequence = sequence
  }

  /// Sends at most `most` of what ended since the last call.
  mutating func publish(
    _ journal: ExchangeJournal, _ document: ExchangeDocument, to hub: EventHub, most: Int
  ) {
    let fresh = journal.records(after: sequence, limit: 200)
    guard let last = fresh.last else { return }
    sequence = last.sequence
    let chosen = Self.choose(fresh, most: most)
    shown += UInt64(chosen.count)
    for record in chosen { hub.publish(EventText.event("exchange", document.summary(record))) }
  }

  /// At most `most` of `records` in their order, those with trouble before others.
  static func choose(_ records: [ExchangeRecord], most: Int) -> [ExchangeRecord] {
    guard records.count > most else { return records }
    let trouble = records.filter(\.isTrouble).suffix(most)
    let others = records.filter { !$0.isTrouble }.suffix(most - trouble.count)
    return (trouble + others).sorted { $0.sequence < $1.sequence }
  }

  /// What was seen and shown since the last call; `total` counts all exchanges since the start.
  mutating func sample(total now: UInt64) -> JSONValue {
    let seen = max(total.map { now &- $0 } ?? shown, shown)
    defer {
      total = now
      shown = 0
    }
    return ["sampled": .bool(seen > shown), "seen": .integer(seen), "shown": .integer(shown)]
  }
}
