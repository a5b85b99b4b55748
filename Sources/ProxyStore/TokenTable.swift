/// Open addressing with linear probing over token hashes. The keys are uniformly random already, so a word of the
/// hash is the slot and another is the tag that spares most looks at a token. Guarded by its shard's lock.
struct TokenTable {
  private static let free: UInt32 = 0
  private static let removed: UInt32 = 1

  private var tags: ContiguousArray<UInt32> = []
  private var slots: ContiguousArray<AccessToken?> = []
  /// Slots that are not free, removed ones included: what decides about growth.
  private var occupied = 0
  private(set) var count = 0

  /// The token of this hash.
  func token(_ hash: TokenHash) -> AccessToken? {
    guard !tags.isEmpty else { return nil }
    let mask = tags.count - 1
    let tag = Self.tag(hash)
    var at = Int(truncatingIfNeeded: hash.word1) & mask
    while tags[at] != Self.free {
      if tags[at] == tag, let token = slots[at], token.hash == hash { return token }
      at = (at + 1) & mask
    }
    return nil
  }

  /// Adds a token whose hash is not in the table.
  mutating func insert(_ token: AccessToken) {
    if (occupied + 1) * 4 > tags.count * 3 { resize(toHold: count + count / 2 + 1) }
    place(token)
  }

  /// Takes the token of this hash out and returns it.
  mutating func remove(_ hash: TokenHash) -> AccessToken? {
    guard !tags.isEmpty else { return nil }
    let mask = tags.count - 1
    let tag = Self.tag(hash)
    var at = Int(truncatingIfNeeded: hash.word1) & mask
    while tags[at] != Self.free {
      if tags[at] == tag, let token = slots[at], token.hash == hash {
        tags[at] = Self.removed
        slots[at] = nil
        count -= 1
        return token
      }
      at = (at + 1) & mask
    }
    return nil
  }

  /// Makes room so that `tokens` fit without growing.
  mutating func reserve(_ tokens: Int) {
    if tokens * 4 > tags.count * 3 { resize(toHold: tokens) }
  }

  /// Calls `body` with every token, in no particular order.
  func forEach(_ body: (AccessToken) -> Void) {
    for case let token? in slots { body(token) }
  }

  private mutating func place(_ token: AccessToken) {
    let mask = tags.count - 1
    var at = Int(truncatingIfNeeded: token.hash.word1) & mask
    while tags[at] > Self.removed { at = (at + 1) & mask }
    if tags[at] == Self.free { occupied += 1 }
    tags[at] = Self.tag(token.hash)
    slots[at] = token
    count += 1
  }

  private mutating func resize(toHold tokens: Int) {
    var capacity = 8
    while capacity * 3 < tokens * 4 { capacity *= 2 }
    let old = slots
    tags = ContiguousArray(repeating: Self.free, count: capacity)
    slots = ContiguousArray(repeating: nil, count: capacity)
    occupied = 0
    count = 0
    for case let token? in old { place(token) }
  }

  private static func tag(_ hash: TokenHash) -> UInt32 {
    max(2, UInt32(truncatingIfNeeded: hash.word2))
  }
}
