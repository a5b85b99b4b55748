public import ProxyCore

/// The form of an access token's secret, and the forms in which it may be shown.
///
/// `sk-` and 22 characters of base64url: 128 bits. The Go program puts a version 7 UUID there, of which 48
/// bits are the time and 6 are fixed; ours are random throughout. Nothing reads version bits back, a time
/// inside a secret tells when it was made, and 74 random bits are fewer than 128.
public enum TokenSecret {
  /// Bytes of a secret, prefix included.
  public static let length = 25

  /// Tells whether `text` has the form of a secret: `^sk-[A-Za-z0-9_-]{22}$`.
  public static func isWellFormed(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { isWellFormed(UnsafeRawBufferPointer($0)) }
  }

  /// As for text, on bytes; allocates nothing.
  public static func isWellFormed(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count == length, bytes[0] == 0x73, bytes[1] == 0x6b, bytes[2] == 0x2d else { return false }
    // Three overlapping looks at the 22 characters after the prefix: this is on the path of every request.
    return areBase64URL(bytes.loadUnaligned(fromByteOffset: 3, as: UInt64.self))
      && areBase64URL(bytes.loadUnaligned(fromByteOffset: 11, as: UInt64.self))
      && areBase64URL(bytes.loadUnaligned(fromByteOffset: 17, as: UInt64.self))
  }

  /// A new secret from the system's cryptographic generator.
  static func random() -> Secret {
    var generator = SystemRandomNumberGenerator()
    var characters: [UInt8] = [0x73, 0x6b, 0x2d]
    characters.reserveCapacity(length)
    var bits: (high: UInt64, low: UInt64) = (generator.next(), generator.next())
    for _ in 0..<22 {
      characters.append(alphabet(UInt8(truncatingIfNeeded: bits.high >> 58)))
      bits.high = bits.high << 6 | bits.low >> 58
      bits.low <<= 6
    }
    return Secret(characters)
  }

  /// `sk-XXXX**************YYYY`; a text without the prefix or too short to hide anything becomes stars only.
  public static func masked(_ secret: Secret) -> String {
    let bytes = secret.revealBytes()
    guard bytes.count > 11, bytes.starts(with: [0x73, 0x6b, 0x2d]) else { return unknownMask }
    let stars = [UInt8](repeating: UInt8(ascii: "*"), count: bytes.count - 11)
    return String(decoding: bytes[..<7] + stars + bytes[(bytes.count - 4)...], as: UTF8.self)
  }

  /// What is shown for a token of which only the hash is known.
  public static let unknownMask = "sk-**********************"

  /// Tells whether all eight bytes of a word are of the alphabet.
  private static func areBase64URL(_ word: UInt64) -> Bool {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let tops = ones &* 0x80
    // Of bytes below 0x80 the sum with 0x80 - n has its top bit set when the byte is at least n.
    func among(_ text: UInt64, _ least: UInt64, _ most: UInt64) -> UInt64 {
      (text &+ ones &* (0x80 - least)) & ~(text &+ ones &* (0x7f - most))
    }
    let isIn =
      among(word | ones &* 0x20, 0x61, 0x7a) | among(word, 0x30, 0x39) | among(word, 0x2d, 0x2d)
      | among(word, 0x5f, 0x5f)
    return word & tops == 0 && isIn & tops == tops
  }

  private static func alphabet(_ value: UInt8) -> UInt8 {
    switch value {
    case 0..<26: 65 + value
    case 26..<52: 71 + value
    case 52..<62: value - 4
    case 62: 0x2d
    default: 0x5f
    }
  }
}
