internal import Crypto

/// SHA-256 of an access token's secret: what the file stores (as 64 lower-case hex digits) and the
/// directory's key.
struct TokenHash: Sendable, Hashable {
  var word0: UInt64
  var word1: UInt64
  var word2: UInt64
  var word3: UInt64

  /// Hashes a secret. About 0.3 µs; the only allocation is the digest context inside the library.
  init(secret: UnsafeRawBufferPointer) {
    var function = SHA256()
    function.update(bufferPointer: secret)
    self = function.finalize().withUnsafeBytes { digest in
      TokenHash(
        word0: digest.loadUnaligned(as: UInt64.self).bigEndian,
        word1: digest.loadUnaligned(fromByteOffset: 8, as: UInt64.self).bigEndian,
        word2: digest.loadUnaligned(fromByteOffset: 16, as: UInt64.self).bigEndian,
        word3: digest.loadUnaligned(fromByteOffset: 24, as: UInt64.self).bigEndian)
    }
  }

  private init(word0: UInt64, word1: UInt64, word2: UInt64, word3: UInt64) {
    self.word0 = word0
    self.word1 = word1
    self.word2 = word2
    self.word3 = word3
  }

  /// Reads 64 lower-case hex digits; `nil` for anything else.
  init?(hex text: UnsafeRawBufferPointer) {
    guard text.count == 64 else { return nil }
    func word(at start: Int) -> UInt64? {
      HexDigit.word(
        text.loadUnaligned(fromByteOffset: start, as: UInt64.self).littleEndian,
        text.loadUnaligned(fromByteOffset: start + 8, as: UInt64.self).littleEndian)
    }
    guard let first = word(at: 0), let second = word(at: 16), let third = word(at: 32),
      let fourth = word(at: 48)
    else { return nil }
    self.init(word0: first, word1: second, word2: third, word3: fourth)
  }

  /// Reads the text of a `token` column, hashed or (from an old file) plain; `nil` when it is neither.
  init?(column text: UnsafeRawBufferPointer) {
    if let hash = TokenHash(hex: text) {
      self = hash
    } else if TokenSecret.isWellFormed(text) {
      self.init(secret: text)
    } else {
      return nil
    }
  }

  /// As stored.
  var hex: String {
    String(unsafeUninitializedCapacity: 64) { out in
      for (index, word) in [word0, word1, word2, word3].enumerated() {
        for digit in 0..<16 {
          out[index * 16 + digit] = HexDigit.lower(
            UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * digit)) & 15)
        }
      }
      return 64
    }
  }
}
