/// Upper bounds of what one message may make us keep. All in bytes or counts; a message over one is refused.
public struct MessageLimits: Sendable, Equatable {
  /// The largest number of fields a head can be asked to hold: indexes are kept in one byte.
  public static let mostFields = 250

  /// Bytes of a head: start line, fields, the empty line and any empty lines skipped before it.
  public var headBytes: Int
  /// Field lines in a head, and field lines in a trailer section; at most ``mostFields`` count.
  public var fields: Int
  /// Bytes of all extensions of one chunk.
  public var chunkExtensionBytes: Int
  /// Bytes of the trailer section of a chunked body.
  public var trailerBytes: Int

  /// The limits of `design.md` 6 unless told otherwise.
  public init(
    headBytes: Int = 65_536, fields: Int = 100, chunkExtensionBytes: Int = 1_024, trailerBytes: Int = 8_192
  ) {
    self.headBytes = headBytes
    self.fields = fields
    self.chunkExtensionBytes = chunkExtensionBytes
    self.trailerBytes = trailerBytes
  }
}
