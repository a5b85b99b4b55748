/// Bytes that must never be printed: a key, a password, an access token.
///
/// Description, debug description and reflection all show dots, so that a secret which ends up in a log line,
/// an error or a dump says nothing, not even its length. Comparison takes the same time wherever the first
/// difference is. The value is shared, not copied, when the struct is copied.
public struct Secret: Sendable {
  private let bytes: [UInt8]

  /// Takes the bytes as they are.
  public init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// Takes the UTF-8 bytes of `text`.
  public init(_ text: String) {
    bytes = Array(text.utf8)
  }

  /// True when there is no byte at all.
  public var isEmpty: Bool { bytes.isEmpty }

  /// Length in bytes.
  public var count: Int { bytes.count }

  /// Lends the bytes to `body`; the pointer must not outlive the call.
  public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try bytes.withUnsafeBytes(body)
  }

  /// A copy of the bytes, for the one place that sends or seals them.
  public func revealBytes() -> [UInt8] { bytes }

  /// The bytes read as UTF-8, for the one place that sends or stores them. Invalid UTF-8 is replaced.
  public func revealText() -> String { String(decoding: bytes, as: UTF8.self) }

  /// Tells whether `candidate` is this secret, in a time that depends on the lengths only.
  public func matches(_ candidate: UnsafeRawBufferPointer) -> Bool {
    var difference: UInt8 = candidate.count == bytes.count ? 0 : 1
    for (offset, byte) in candidate.enumerated() {
      // Walks the whole candidate even when the lengths differ, so that the time tells nothing about the secret.
      difference |= byte ^ (offset < bytes.count ? bytes[offset] : 0xff)
    }
    return difference == 0
  }
}

extension Secret: Equatable {
  /// Compares in a time that depends on the lengths only.
  public static func == (left: Secret, right: Secret) -> Bool {
    right.bytes.withUnsafeBytes { left.matches($0) }
  }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// Dots, always the same number of them.
  public var description: String { "••••" }
  /// Dots, always the same number of them.
  public var debugDescription: String { "••••" }
  /// Shows dots to `dump` and other readers of reflection.
  public var customMirror: Mirror { Mirror(self, children: ["value": "••••"]) }
}
