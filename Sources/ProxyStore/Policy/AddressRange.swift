internal import Glibc

/// A range of IP addresses: `10.0.0.0/8`, `2001:db8::/32`, or one address. IPv4 stands among the IPv6 addresses
/// as `::ffff:a.b.c.d`, so that a client on a dual-stack socket is found too.
struct AddressRange: Sendable, Equatable {
  private static let longestText = 49

  private let high: UInt64
  private let low: UInt64
  /// Leading bits that count, of 128.
  private let bits: Int

  /// Reads a range; `nil` when it is none, or when bits behind the prefix are set (`10.0.0.1/8`).
  init?(_ text: String) {
    guard text.utf8.count <= Self.longestText else { return nil }
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let bytes = Self.address(String(parts[0])) else { return nil }
    let isShort = bytes.count == 4
    var prefix = isShort ? 32 : 128
    if parts.count == 2 {
      guard let number = Int(parts[1]), (0...prefix).contains(number), String(number) == parts[1] else {
        return nil
      }
      prefix = number
    }
    let whole = isShort ? [UInt8](repeating: 0, count: 10) + [0xff, 0xff] + bytes : bytes
    high = whole[..<8].reduce(0) { $0 << 8 | UInt64($1) }
    low = whole[8...].reduce(0) { $0 << 8 | UInt64($1) }
    bits = prefix + (isShort ? 96 : 0)
    let masked = Self.masked(high, low, bits)
    guard masked == (high, low) else { return nil }
  }

  /// Tells whether all of `other` is within this range.
  func covers(_ other: AddressRange) -> Bool {
    bits <= other.bits && Self.masked(other.high, other.low, bits) == (high, low)
  }

  private static func masked(_ high: UInt64, _ low: UInt64, _ bits: Int) -> (UInt64, UInt64) {
    // Shifts beyond the width give zero, in both directions.
    (high & (UInt64.max << (64 - min(bits, 64))), low & (UInt64.max << (64 - max(0, bits - 64))))
  }

  private static func address(_ text: String) -> [UInt8]? {
    var four = in_addr()
    if inet_pton(AF_INET, text, &four) == 1 { return withUnsafeBytes(of: four) { Array($0) } }
    var six = in6_addr()
    guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
    return withUnsafeBytes(of: six) { Array($0) }
  }
}
