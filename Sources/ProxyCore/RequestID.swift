/// Request ids: random UUIDs (version 4) in text form, made without Foundation and without allocation.
public struct RequestIDGenerator: Sendable {
  /// Length of an id in bytes.
  public static let length = 36

  // xoshiro256**, seeded once per event loop from the system: ids need to be distinct, not secret.
  private var s0: UInt64
  private var s1: UInt64
  private var s2: UInt64
  private var s3: UInt64

  /// Seeds from the system's generator.
  public init() {
    var system = SystemRandomNumberGenerator()
    s0 = system.next() | 1
    s1 = system.next()
    s2 = system.next()
    s3 = system.next()
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    let product = s1 &* 5
    let result = ((product << 7) | (product >> 57)) &* 9
    let shifted = s1 << 17
    s2 ^= s0
    s3 ^= s1
    s1 ^= s2
    s0 ^= s3
    s2 ^= shifted
    s3 = (s3 << 45) | (s3 >> 19)
    return result
  }

  /// Writes `length` bytes of lower-case UUID text to `out`, which must have room for them.
  public mutating func write(to out: UnsafeMutablePointer<UInt8>) {
    let high = (next() & 0xffff_ffff_ffff_0fff) | 0x0000_0000_0000_4000
    let low = (next() & 0x3fff_ffff_ffff_ffff) | 0x8000_0000_0000_0000
    var position = 0
    for index in 0..<16 {
      let byte = UInt8(truncatingIfNeeded: (index < 8 ? high : low) >> UInt64(56 - 8 * (index & 7)))
      if index == 4 || index == 6 || index == 8 || index == 10 {
        out[position] = UInt8(ascii: "-")
        position += 1
      }
      out[position] = Self.hex(byte >> 4)
      out[position + 1] = Self.hex(byte & 15)
      position += 2
    }
  }

  /// The next id as a `String`, for the control plane.
  public mutating func nextString() -> String {
    String(unsafeUninitializedCapacity: Self.length) { buffer in
      guard let base = buffer.baseAddress else { return 0 }
      write(to: base)
      return Self.length
    }
  }

  private static func hex(_ nibble: UInt8) -> UInt8 {
    nibble < 10 ? 48 + nibble : 87 + nibble
  }
}
