/// Cuts a stream of server-sent events (WHATWG HTML 9.2) into events, whatever pieces it arrives in.
///
/// An event that lies whole in the bytes fed, with one `data:` line, is handed out where it lies. One that
/// arrives in pieces is gathered in a buffer that is kept for the next; lines of data are joined in another.
/// Lines may end with LF, CR or CR LF; a byte order mark at the start is skipped. The final event of a stream
/// that ends without an empty line is handed out by ``finish(_:)``, because some providers end so.
public struct SSESplitter: Sendable {
  private let limitBytes: Int
  private let reportsDataless: Bool
  private var block = SSEBlock()
  /// Bytes of the event begun in earlier pieces.
  private var gathered = ContiguousArray<UInt8>()
  private var joined = ContiguousArray<UInt8>()
  /// Bytes of a byte order mark seen at the start of the stream; 4 when the question is settled.
  private var markBytes = 0
  private var skipsLineFeed = false

  /// - Parameters:
  ///   - limitBytes: the longest event accepted, all its lines counted.
  ///   - reportsDataless: whether blocks without `data:` are handed out too, so that the ``SSEEvent/raw`` of
  ///     all
  ///     events put together is the stream (but for a byte order mark and the LF of a CR LF cut in two).
  public init(limitBytes: Int = 1 << 20, reportsDataless: Bool = false) {
    self.limitBytes = limitBytes
    self.reportsDataless = reportsDataless
  }

  /// Whether an event has begun and not ended.
  public var isMidEvent: Bool { !gathered.isEmpty }

  /// Makes the splitter ready for another stream.
  public mutating func reset() {
    block = SSEBlock()
    gathered.removeAll(keepingCapacity: true)
    markBytes = 0
    skipsLineFeed = false
  }

  /// Takes the next bytes of the stream and calls back for every event that they complete, in order. The
  /// callback must not touch the splitter, nor keep the event's buffers. Throws ``WireError/eventTooLarge``;
  /// nothing more may be fed then until ``reset()``.
  public mutating func feed(
    _ bytes: UnsafeRawBufferPointer, _ body: (SSEEvent) -> Void
  ) throws(WireError) {
    guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
    var start = 0
    if markBytes < 4 { start = skipMark(bytes) }
    if skipsLineFeed, start < bytes.count {
      skipsLineFeed = false
      if bytes[start] == 0x0a { start &+= 1 }
    }
    if !gathered.isEmpty { start = try feedGathered(bytes, from: start, body) }
    while start < bytes.count {
      guard let length = block.scan(base + start, count: bytes.count &- start, joined: &joined) else {
        guard bytes.count &- start <= limitBytes else { throw .eventTooLarge }
        gathered.append(contentsOf: UnsafeRawBufferPointer(start: base + start, count: bytes.count &- start))
        return
      }
      guard length <= limitBytes else { throw .eventTooLarge }
      if block.dataLines == 1 {
        body(
          block.event(
            base + start, count: length, at: start, joined: UnsafeRawBufferPointer(start: nil, count: 0)))
      } else if block.dataLines > 1 || reportsDataless {
        joined.withUnsafeBytes { body(block.event(base + start, count: length, at: start, joined: $0)) }
      }
      skipsLineFeed = block.endsWithReturn
      block = SSEBlock()
      start &+= length
    }
  }

  /// Hands out the event that the stream ended in, if it has data; a last line without line end counts. The
  /// splitter is ready for another stream then.
  public mutating func finish(_ body: (SSEEvent) -> Void) {
    Self.finish(&block, gathered, &joined, reportsDataless, body)
    reset()
  }
}

extension SSESplitter {
  /// Adds bytes line by line to the event begun earlier until it ends; returns the offset behind what was
  /// taken.
  private mutating func feedGathered(
    _ bytes: UnsafeRawBufferPointer, from first: Int, _ body: (SSEEvent) -> Void
  ) throws(WireError) -> Int {
    guard let base = bytes.baseAddress else { return first }
    var start = first
    while start < bytes.count {
      var stop = ByteScan.firstLineEnd(base, from: start, to: bytes.count)
      if stop < bytes.count { stop += 1 }
      if stop < bytes.count, bytes[stop - 1] == 0x0d, bytes[stop] == 0x0a { stop += 1 }
      guard gathered.count + (stop - start) <= limitBytes else { throw .eventTooLarge }
      gathered.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[start..<stop]))
      start = stop
      if Self.scan(&block, gathered, &joined, reportsDataless, body) {
        // A LF in these bytes was taken along already; only one in the next bytes is still to come.
        skipsLineFeed = block.endsWithReturn && stop == bytes.count
        block = SSEBlock()
        gathered.removeAll(keepingCapacity: true)
        break
      }
    }
    return start
  }

  /// Looks at what was gathered; true when the block ended, after the callback.
  private static func scan(
    _ block: inout SSEBlock, _ gathered: borrowing ContiguousArray<UInt8>,
    _ joined: inout ContiguousArray<UInt8>,
    _ reportsDataless: Bool, _ body: (SSEEvent) -> Void
  ) -> Bool {
    gathered.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress, let length = block.scan(base, count: bytes.count, joined: &joined)
      else {
        return false
      }
      if block.dataLines > 0 || reportsDataless {
        joined.withUnsafeBytes { body(block.event(base, count: length, at: nil, joined: $0)) }
      }
      return true
    }
  }

  private static func finish(
    _ block: inout SSEBlock, _ gathered: borrowing ContiguousArray<UInt8>,
    _ joined: inout ContiguousArray<UInt8>,
    _ reportsDataless: Bool, _ body: (SSEEvent) -> Void
  ) {
    gathered.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
      block.takeRest(base, count: bytes.count, joined: &joined)
      guard block.dataLines > 0 || reportsDataless else { return }
      joined.withUnsafeBytes {
        body(block.event(base, count: bytes.count, at: nil, joined: $0, isTerminated: false))
      }
    }
  }

  /// Skips a byte order mark, however it is cut. What only began like one is content.
  private mutating func skipMark(_ bytes: UnsafeRawBufferPointer) -> Int {
    let mark: StaticString = "\u{FEFF}"
    var start = 0
    while start < bytes.count, markBytes < 3 {
      if bytes[start] != mark.utf8Start[markBytes] {
        gathered.append(contentsOf: UnsafeRawBufferPointer(start: mark.utf8Start, count: markBytes))
        markBytes = 3
      } else {
        markBytes += 1
        start += 1
      }
    }
    if markBytes == 3 { markBytes = 4 }
    return start
  }
}
