/// Picks a few top-level members out of a JSON object that arrives in pieces, without keeping the rest.
///
/// It believes the text: what is not JSON makes it stop caring, not fail, and it may then hold values from
/// before. Of several members with the same key the last counts. Memory is bounded by the number of wanted
/// members times the limit, and is kept over ``reset()``.
public struct JSONMemberScanner: Sendable {
  enum State: UInt8, Sendable {
    case start, keyOrEnd, key, keyEscape, colon, value, scalar, string, stringEscape, container, afterValue
    case ended, lost
  }

  private let wanted: [[UInt8]]
  private let limitBytes: Int
  private let longestKey: Int
  private var state = State.start
  private var depth = 0
  private var keyBytes = ContiguousArray<UInt8>()
  private var keyHasEscapes = false
  private var keyIsTooLong = false
  private var values: [[UInt8]]
  private var isFound: [Bool]
  /// The wanted member whose value is being read, or -1.
  private var current = -1

  /// - Parameters:
  ///   - wanted: the keys, unescaped. Their positions are the indexes of ``value(_:)``.
  ///   - limitBytes: the longest raw value kept; a longer one counts as absent.
  public init(wanted: [[UInt8]], limitBytes: Int = 65_536) {
    self.wanted = wanted
    self.limitBytes = limitBytes
    // Every byte of a key may be written as an escape of six.
    longestKey = 6 * (wanted.map(\.count).max() ?? 0)
    values = Array(repeating: [], count: wanted.count)
    isFound = Array(repeating: false, count: wanted.count)
  }

  /// Whether the object's closing brace was seen.
  public var hasEnded: Bool { state == .ended }

  /// The raw text of a wanted member, once its value has arrived whole. Nil for an index out of range.
  public func value(_ index: Int) -> [UInt8]? {
    isFound.indices.contains(index) && isFound[index] ? values[index] : nil
  }

  /// Makes the scanner ready for another document.
  public mutating func reset() {
    state = .start
    depth = 0
    current = -1
    for index in values.indices {
      values[index].removeAll(keepingCapacity: true)
      isFound[index] = false
    }
  }

  /// Takes the next bytes of the document.
  public mutating func feed(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress else { return }
    let end = bytes.count
    var index = 0
    /// Where the bytes of the current value start in this piece.
    var captured = 0
    while index < end {
      switch state {
      case .ended, .lost: return
      case .key: index = key(base, from: index, to: end)
      case .string: index = string(base, from: index, to: end, captured)
      case .container: index = container(base, from: index, to: end, captured)
      case .scalar: index = scalar(base, from: index, to: end, captured)
      case .keyEscape:
        keep(base, from: index, to: index &+ 1)
        state = .key
        index &+= 1
      case .stringEscape:
        state = .string
        index &+= 1
      default:
        if step(base.load(fromByteOffset: index, as: UInt8.self)) { captured = index }
        index &+= 1
      }
    }
    if current >= 0, state != .lost, state != .ended { capture(base, from: captured, to: end) }
  }
}

extension JSONMemberScanner {
  /// One byte between tokens. True when it is the first of a value.
  private mutating func step(_ byte: UInt8) -> Bool {
    if byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { return false }
    switch (state, byte) {
    case (.start, 0x7b): state = .keyOrEnd
    case (.keyOrEnd, 0x22):
      keyBytes.removeAll(keepingCapacity: true)
      keyHasEscapes = false
      keyIsTooLong = false
      state = .key
    case (.keyOrEnd, 0x7d), (.afterValue, 0x7d): state = .ended
    case (.colon, 0x3a): state = .value
    case (.afterValue, 0x2c): state = .keyOrEnd
    case (.value, _):
      begin(byte)
      return true
    default: state = .lost
    }
    return false
  }

  /// Starts a value with its first byte.
  private mutating func begin(_ byte: UInt8) {
    current = match()
    if current >= 0 {
      values[current].removeAll(keepingCapacity: true)
      isFound[current] = false
    }
    switch byte {
    case 0x22: state = .string
    case 0x7b, 0x5b:
      depth = 1
      state = .container
    case 0x2c, 0x7d, 0x5d, 0x3a: state = .lost
    default: state = .scalar
    }
  }

  /// Which wanted key the key just read is, or -1.
  private func match() -> Int {
    guard !keyIsTooLong else { return -1 }
    return keyBytes.withUnsafeBytes { bytes in
      for index in wanted.indices {
        let isSame = wanted[index].withUnsafeBytes {
          JSONText.key(0..<bytes.count, hasEscapes: keyHasEscapes, in: bytes, equals: $0)
        }
        if isSame { return index }
      }
      return -1
    }
  }

  /// Goes through a key; returns the offset behind what was taken.
  private mutating func key(_ base: UnsafeRawPointer, from start: Int, to end: Int) -> Int {
    let stop = ByteScan.firstStringStop(base, from: start, to: end)
    keep(base, from: start, to: stop)
    guard stop < end else { return end }
    switch base.load(fromByteOffset: stop, as: UInt8.self) {
    case 0x22: state = .colon
    case 0x5c:
      keep(base, from: stop, to: stop &+ 1)
      keyHasEscapes = true
      state = .keyEscape
    default: state = .lost
    }
    return stop &+ 1
  }

  /// Goes through a string that is a value or lies in one.
  private mutating func string(_ base: UnsafeRawPointer, from start: Int, to end: Int, _ captured: Int) -> Int
  {
    let index = Self.stringEnd(base, from: start, to: end, &state)
    guard state == .afterValue else { return index }
    if depth > 0 { state = .container } else { complete(base, from: captured, to: index) }
    return index
  }

  /// Goes through the inside of a container, the strings in it included.
  private mutating func container(_ base: UnsafeRawPointer, from start: Int, to end: Int, _ captured: Int)
    -> Int
  {
    var index = start
    while true {
      index = ByteScan.firstBracketOrQuote(base, from: index, to: end)
      guard index < end else { return end }
      let byte = base.load(fromByteOffset: index, as: UInt8.self)
      index &+= 1
      if byte == 0x22 {
        index = Self.stringEnd(base, from: index, to: end, &state)
        guard state == .afterValue else { return index }
        state = .container
      } else if byte | 0x20 == 0x7b {
        depth &+= 1
      } else {
        depth &-= 1
        if depth == 0 {
          complete(base, from: captured, to: index)
          return index
        }
      }
    }
  }

  /// The offset behind the closing quote, with the state `.afterValue`; or what stopped the search before it,
  /// with the state that says so.
  @inline(__always)
  private static func stringEnd(
    _ base: UnsafeRawPointer, from start: Int, to end: Int, _ state: inout State
  ) -> Int {
    var index = start
    while true {
      index = ByteScan.firstStringStop(base, from: index, to: end)
      guard index < end else {
        state = .string
        return end
      }
      let byte = base.load(fromByteOffset: index, as: UInt8.self)
      guard byte == 0x5c, index &+ 1 < end else {
        state = byte == 0x22 ? .afterValue : byte == 0x5c ? .stringEscape : .lost
        return index &+ 1
      }
      index &+= 2
    }
  }

  /// Goes through a number or a word; it ends before the byte that can not belong to it.
  private mutating func scalar(_ base: UnsafeRawPointer, from start: Int, to end: Int, _ captured: Int) -> Int
  {
    var index = start
    while index < end {
      let byte = base.load(fromByteOffset: index, as: UInt8.self)
      if byte == 0x2c || byte == 0x7d || byte <= 0x20 {
        complete(base, from: captured, to: index)
        return index
      }
      index &+= 1
    }
    return end
  }

  private mutating func complete(_ base: UnsafeRawPointer, from start: Int, to end: Int) {
    state = .afterValue
    guard current >= 0 else { return }
    capture(base, from: start, to: end)
    if current >= 0 { isFound[current] = true }
    current = -1
  }

  /// Adds bytes to the current value, and gives it up when it grows over the limit.
  private mutating func capture(_ base: UnsafeRawPointer, from start: Int, to end: Int) {
    guard values[current].count + (end - start) <= limitBytes else {
      values[current].removeAll(keepingCapacity: true)
      current = -1
      return
    }
    values[current].append(contentsOf: UnsafeRawBufferPointer(start: base + start, count: end - start))
  }

  private mutating func keep(_ base: UnsafeRawPointer, from start: Int, to end: Int) {
    guard keyBytes.count + (end - start) <= longestKey else {
      keyIsTooLong = true
      return
    }
    keyBytes.append(contentsOf: UnsafeRawBufferPointer(start: base + start, count: end - start))
  }
}
