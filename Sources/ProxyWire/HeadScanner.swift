/// What a scan for the end of a head found.
public enum HeadScan: Equatable, Sendable {
  /// The end has not arrived.
  case incomplete
  /// The head is this many bytes from the first byte given: skipped empty lines, start line, fields and the
  /// closing empty line.
  case complete(length: Int)
  /// The bytes can not become a head that we accept.
  case refused(WireError)
}

/// Finds the end of a head as its bytes arrive, looking at each byte once.
///
/// It refuses at once what needs no end to be refused: a line feed without carriage return, a NUL byte, a
/// head over the limit. All else is the parser's business. One scanner serves one direction of one
/// connection.
public struct HeadScanner: Sendable {
  /// The most empty lines skipped before a request line (RFC 9112 2.2 asks for at least one).
  public static let mostEmptyLines = 4

  private let limit: Int
  private let skipsEmptyLines: Bool
  private var position = 0
  private var lineStart = 0
  private var emptyLines = 0
  private var sawStartLine = false

  /// - Parameter skipsEmptyLines: true for requests; an answer that starts with an empty line is refused.
  public init(limits: MessageLimits = MessageLimits(), skipsEmptyLines: Bool = true) {
    limit = limits.headBytes
    self.skipsEmptyLines = skipsEmptyLines
  }

  /// Looks at the bytes that arrived since the last call.
  /// - Parameter bytes: everything received so far of this message, from its first byte; it may have moved in
  ///   memory and may go on behind the head.
  public mutating func scan(_ bytes: UnsafeRawBufferPointer) -> HeadScan {
    guard let base = bytes.baseAddress else { return .incomplete }
    let end = min(bytes.count, limit)
    var index = position
    while true {
      index = ByteScan.firstLineFeedOrNUL(base, from: index, to: end)
      if index >= end { break }
      if base.load(fromByteOffset: index, as: UInt8.self) == 0 { return .refused(.nulByte) }
      if index == lineStart || base.load(fromByteOffset: index &- 1, as: UInt8.self) != 0x0d {
        return .refused(.bareLineFeed)
      }
      if index &- lineStart > 1 {
        sawStartLine = true
      } else if sawStartLine {
        return .complete(length: index &+ 1)
      } else if let error = skipEmptyLine() {
        return .refused(error)
      }
      index &+= 1
      lineStart = index
    }
    position = end
    if bytes.count >= limit { return .refused(sawStartLine ? .headTooLarge : .targetTooLong) }
    return .incomplete
  }

  /// Makes the scanner ready for the next message.
  public mutating func reset() {
    position = 0
    lineStart = 0
    emptyLines = 0
    sawStartLine = false
  }

  private mutating func skipEmptyLine() -> WireError? {
    guard skipsEmptyLines else { return .malformedStatusLine }
    emptyLines += 1
    return emptyLines > Self.mostEmptyLines ? .tooManyEmptyLines : nil
  }
}
