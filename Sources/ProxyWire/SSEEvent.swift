/// One server-sent event. Its buffers are borrowed: valid until the call that handed it out returns, or until
/// the splitter or the bytes it was fed change, whichever is first.
public struct SSEEvent {
  /// The value of the last `event:` line; empty when there is none.
  public var event: UnsafeRawBufferPointer
  /// The values of the `data:` lines, joined by one LF.
  public var data: UnsafeRawBufferPointer
  /// The value of the last `id:` line of this event; empty when there is none.
  public var id: UnsafeRawBufferPointer
  /// The event as received, comments and the closing empty line included.
  public var raw: UnsafeRawBufferPointer
  /// Where ``raw`` lies in the bytes being fed; nil when the event began in an earlier piece.
  public var rawRange: Range<Int>?
  /// Whether there was a `data:` line. Blocks without one (comments that keep the connection alive, a lone
  /// `retry:`) are handed out only on request.
  public var hasData: Bool
  /// Whether the closing empty line arrived; false only from ``SSESplitter/finish(_:)``.
  public var isTerminated: Bool

  /// Whether the data is `[DONE]`, the end mark of OpenAI streams.
  @inlinable public var isDone: Bool {
    data.count == 6 && data[0] == 0x5b && data[1] == 0x44 && data[2] == 0x4f && data[3] == 0x4e
      && data[4] == 0x45
      && data[5] == 0x5d
  }

  @usableFromInline
  init(
    event: UnsafeRawBufferPointer, data: UnsafeRawBufferPointer, id: UnsafeRawBufferPointer,
    raw: UnsafeRawBufferPointer, rawRange: Range<Int>?, hasData: Bool, isTerminated: Bool
  ) {
    self.event = event
    self.data = data
    self.id = id
    self.raw = raw
    self.rawRange = rawRange
    self.hasData = hasData
    self.isTerminated = isTerminated
  }
}

/// The block of lines being read. All offsets count from the first byte of the block, so that the block may
/// move in memory while it grows.
struct SSEBlock: Sendable {
  private(set) var dataLines = 0
  private var dataStart = 0
  private var dataEnd = 0
  private var eventStart = 0
  private var eventEnd = 0
  private var idStart = 0
  private var idEnd = 0
  private var lineStart = 0
  private var scanned = 0
  /// The last byte looked at was a CR; a LF that follows belongs to it.
  private(set) var endsWithReturn = false

  /// Looks at the bytes not yet looked at.
  /// - Returns: the length of the block with its closing empty line, or nil when that is not here.
  @inline(__always)
  mutating func scan(
    _ base: UnsafeRawPointer, count: Int, joined: inout ContiguousArray<UInt8>
  ) -> Int? {
    var index = scanned
    if endsWithReturn, index < count { index = skipLineFeed(base, at: index) }
    while true {
      index = ByteScan.firstLineEnd(base, from: index, to: count)
      if index >= count {
        scanned = count
        return nil
      }
      let lineEnd = index
      index &+= 1
      if base.load(fromByteOffset: lineEnd, as: UInt8.self) == 0x0d {
        if index == count {
          endsWithReturn = true
        } else if base.load(fromByteOffset: index, as: UInt8.self) == 0x0a {
          index &+= 1
        }
      }
      if lineEnd == lineStart { return index }
      take(base, from: lineStart, to: lineEnd, joined: &joined)
      lineStart = index
    }
  }

  /// Takes what stands behind the last line end as a line; for a stream that ends without one.
  mutating func takeRest(_ base: UnsafeRawPointer, count: Int, joined: inout ContiguousArray<UInt8>) {
    if lineStart < count { take(base, from: lineStart, to: count, joined: &joined) }
    lineStart = count
  }

  /// The event that the block makes.
  @inline(__always)
  func event(
    _ base: UnsafeRawPointer, count: Int, at offset: Int?, joined: UnsafeRawBufferPointer,
    isTerminated: Bool = true
  ) -> SSEEvent {
    SSEEvent(
      event: UnsafeRawBufferPointer(start: base + eventStart, count: eventEnd &- eventStart),
      data: dataLines > 1
        ? joined : UnsafeRawBufferPointer(start: base + dataStart, count: dataEnd &- dataStart),
      id: UnsafeRawBufferPointer(start: base + idStart, count: idEnd &- idStart),
      raw: UnsafeRawBufferPointer(start: base, count: count),
      rawRange: offset.map { Range(uncheckedBounds: ($0, $0 &+ count)) },
      hasData: dataLines > 0, isTerminated: isTerminated)
  }

  private mutating func skipLineFeed(_ base: UnsafeRawPointer, at index: Int) -> Int {
    endsWithReturn = false
    guard base.load(fromByteOffset: index, as: UInt8.self) == 0x0a else { return index }
    lineStart = index &+ 1
    return index &+ 1
  }

  /// One line that is not empty. Field names are matched exactly; unknown fields, `retry` and comments are
  /// left aside.
  @inline(__always)
  private mutating func take(
    _ base: UnsafeRawPointer, from start: Int, to end: Int, joined: inout ContiguousArray<UInt8>
  ) {
    let line = UnsafeRawBufferPointer(start: base + start, count: end &- start)
    switch line[0] {
    case 0x64:
      guard let value = Self.value(line, of: "data") else { return }
      if dataLines > 0 { join(base, start &+ value, end, &joined) }
      dataLines &+= 1
      dataStart = start &+ value
      dataEnd = end
    case 0x65:
      guard let value = Self.value(line, of: "event") else { return }
      eventStart = start &+ value
      eventEnd = end
    case 0x69:
      // The specification ignores an id that holds a NUL.
      guard let value = Self.value(line, of: "id"), !line[value...].contains(0) else { return }
      idStart = start &+ value
      idEnd = end
    default: break
    }
  }

  private func join(
    _ base: UnsafeRawPointer, _ start: Int, _ end: Int, _ joined: inout ContiguousArray<UInt8>
  ) {
    if dataLines == 1 {
      joined.removeAll(keepingCapacity: true)
      joined.append(contentsOf: UnsafeRawBufferPointer(start: base + dataStart, count: dataEnd - dataStart))
    }
    joined.append(0x0a)
    joined.append(contentsOf: UnsafeRawBufferPointer(start: base + start, count: end - start))
  }

  /// Offset of the value in a line of the field: behind the colon and one space, or at the end without a
  /// colon.
  @inline(__always)
  private static func value(_ line: UnsafeRawBufferPointer, of name: StaticString) -> Int? {
    let length = name.utf8CodeUnitCount
    guard line.count >= length else { return nil }
    for index in 0..<length where line[index] != name.utf8Start[index] { return nil }
    if line.count == length { return length }
    guard line[length] == 0x3a else { return nil }
    return line.count > length &+ 1 && line[length &+ 1] == 0x20 ? length &+ 2 : length &+ 1
  }
}
