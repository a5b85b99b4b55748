/// Texts put together so that no two lists of them look alike, and hashed.
struct KeyText {
  private var hash = SHA256()

  /// Adds one text.
  mutating func add(_ text: UnsafeRawBufferPointer) {
    add(number: UInt64(text.count))
    hash.update(text)
  }

  /// Adds one text.
  mutating func add(_ text: [UInt8]) { text.withUnsafeBytes { add($0) } }

  /// Adds a number.
  mutating func add(number: UInt64) { withUnsafeBytes(of: number) { hash.update($0) } }

  /// Ends a list of unknown length; no text is that long.
  mutating func endList() { add(number: .max) }

  mutating func digest() -> Digest { hash.finish() }
}
