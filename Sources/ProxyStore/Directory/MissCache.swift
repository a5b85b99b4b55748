/// Secrets that were looked for in vain a moment ago; direct-mapped, so that guesses can only displace each
/// other.
struct MissCache {
  static let lifetimeMilliseconds: Int64 = 2000
  private static let slots = 64

  private var entries: [(hash: TokenHash, until: Int64)] = []

  func contains(_ hash: TokenHash, now: Int64) -> Bool {
    guard !entries.isEmpty else { return false }
    let entry = entries[Self.slot(hash)]
    return entry.hash == hash && entry.until > now
  }

  mutating func note(_ hash: TokenHash, until: Int64) {
    if entries.isEmpty { entries = Array(repeating: (hash, 0), count: Self.slots) }
    entries[Self.slot(hash)] = (hash, until)
  }

  private static func slot(_ hash: TokenHash) -> Int { Int(truncatingIfNeeded: hash.word3) & (slots - 1) }
}
