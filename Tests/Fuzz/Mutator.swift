/// Changes inputs the way a careless or hostile peer would: bytes flipped, inserted, removed, repeated, cut.
public struct Mutator: Sendable {
  /// Where the choices come from.
  public var random: SeededGenerator

  private static let interesting: [[UInt8]] = [
    "\r\n", "\n", "\r", "\r\n\r\n", "\0", " ", "\t", ":", " :", ";", ",", "0", "0\r\n\r\n", "f", "chunked",
    "Transfer-Encoding: chunked\r\n", "Content-Length: 3\r\n", "Content-Length: 0\r\n", "Host: b\r\n",
    "\r\n x",
    "Connection: close\r\n", "HTTP/1.1", "HTTP/1.0", "GET / HTTP/1.1\r\n", "\u{7f}", "\u{0b}", "\u{0c}", "-",
    "+1", "0x1",
    "data: x\n", "data:", "\n\n", "\u{FEFF}", "id: 1\n", ": comment\n", "\"", "\\", "{", "}", "[", "]",
    "null", "1e5",
    "\\u12", "\\ud800", "%00", "%2f", "//", "#", "?", "\u{e9}",
  ].map { Array($0.utf8) }

  /// - Parameter seed: equal seeds give equal mutations.
  public init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  /// Applies one to four changes. The result may be empty and is at most 16 KiB.
  public mutating func mutate(_ input: [UInt8], with other: [UInt8] = []) -> [UInt8] {
    var bytes = input
    for _ in 0...random.below(4) { change(&bytes, other) }
    if bytes.count > 16_384 { bytes.removeLast(bytes.count - 16_384) }
    return bytes
  }

  private mutating func change(_ bytes: inout [UInt8], _ other: [UInt8]) {
    let at = random.below(bytes.count + 1)
    switch random.below(10) {
    case 0, 1:
      if at < bytes.count { bytes[at] = UInt8(truncatingIfNeeded: random.next()) }
    case 2:
      if at < bytes.count { bytes[at] ^= 1 << UInt8(random.below(8)) }
    case 3, 4, 5: bytes.insert(contentsOf: random.pick(Self.interesting), at: at)
    case 6: bytes.removeSubrange(at..<min(bytes.count, at + 1 + random.below(4)))
    case 7:
      let end = min(bytes.count, at + 1 + random.below(40))
      bytes.insert(contentsOf: Array(bytes[at..<end]), at: random.below(bytes.count + 1))
    case 8: bytes.removeSubrange(at...)
    default:
      guard !other.isEmpty else { return }
      let start = random.below(other.count)
      bytes.insert(contentsOf: other[start..<min(other.count, start + 1 + random.below(80))], at: at)
    }
  }

  /// Offsets at which to cut an input of this length, ascending, without its end.
  public mutating func cuts(_ count: Int) -> [Int] {
    guard count > 1 else { return [] }
    var cuts = [Int]()
    for _ in 0..<random.below(4) { cuts.append(1 + random.below(count - 1)) }
    return cuts.sorted()
  }
}
