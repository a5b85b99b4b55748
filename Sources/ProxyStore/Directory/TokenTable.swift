/// Open addressing with linear probing over token hashes. The keys are uniformly random already, so a word of
/// the hash is the slot and another is the tag that spares most looks at a token; both stand in one cache
/// line. Guarded by its shard's lock.
struct TokenTable {
  private static let free: UInt32 = 0
  private static let removed: UInt32 = 1

  private struct Slot {
    var tag: UInt32
    var token: AccessToken?
  }

  private var slots: ContiguousArray<Slot> = []
  /// Slots that are not free, removed ones included: what decides about growth.
  private var occupied = 0
  private(set) var count = 0

  /// The token of this hash.
  func token(_ hash: TokenHash) -> AccessToken? {
    slot(of: hash).flatMap { slots[$0].token }
  }

  /// Adds a token, unless one of its hash is in the table.
  mutating func insert(_ token: AccessToken) {
    // At most three quarters are occupied; after growing at most half.
    if (occupied + 1) * 4 > slots.count * 3 { resize(toHold: count + count / 2 + 1) }
    place(token)
  }

  /// Takes the token of this hash out and returns it.
  mutating func remove(_ hash: TokenHash) -> AccessToken? {
    guard let at = slot(of: hash) else { return nil }
    let token = slots[at].token
    slots[at] = Slot(tag: Self.removed, token: nil)
    count -= 1
    return token
  }

  /// Makes room so that `tokens` fit without growing.
  mutating func reserve(_ tokens: Int) {
    if tokens * 4 > slots.count * 3 { resize(toHold: tokens) }
  }

  /// Calls `body` with every token, in no particular order.
  func forEach(_ body: (AccessToken) -> Void) {
    for slot in slots { if let token = slot.token { body(token) } }
  }

  private func slot(of hash: TokenHash) -> Int? {
    guard !slots.isEmpty else { return nil }
    let mask = slots.count - 1
    let tag = Self.tag(hash)
    var at = Int(truncatingIfNeeded: hash.word1) & mask
    while true {
      let found = slots[at].tag
      if found == tag, slots[at].token?.hash == hash { return at }
      if found == Self.free { return nil }
      at = (at + 1) & mask
    }
  }

  private mutating func place(_ token: AccessToken) {
    let mask = slots.count - 1
    var at = Int(truncatingIfNeeded: token.hash.word1) & mask
    let tag = Self.tag(token.hash)
    while slots[at].tag != Self.free {
      if slots[at].tag == tag, slots[at].token?.hash == token.hash { return }
      at = (at + 1) & mask
    }
    occupied += 1
    slots[at] = Slot(tag: tag, token: token)
    count += 1
  }

  private mutating func resize(toHold tokens: Int) {
    var capacity = 8
    while capacity * 3 < tokens * 4 { capacity *= 2 }
    let old = slots
    slots = ContiguousArray(repeating: Slot(tag: Self.free, token: nil), count: capacity)
    occupied = 0
    count = 0
    for slot in old { if let token = slot.token { place(token) } }
  }

  private static func tag(_ hash: TokenHash) -> UInt32 {
    max(2, UInt32(truncatingIfNeeded: hash.word2))
  }
}
