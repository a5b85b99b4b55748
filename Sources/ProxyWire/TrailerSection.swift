/// The field lines behind the last chunk, up to and including the empty line. A line that arrives whole is
/// checked where it lies; one that arrives in pieces is gathered first.
struct TrailerSection: Sendable {
  private(set) var hasEnded = false
  private var line = ContiguousArray<UInt8>()
  private var bytes = 0
  private var fields = 0
  private let byteLimit: Int
  private let fieldLimit: Int

  init(limits: MessageLimits) {
    byteLimit = limits.trailerBytes
    fieldLimit = limits.fields
  }

  mutating func reset() {
    hasEnded = false
    line.removeAll(keepingCapacity: true)
    bytes = 0
    fields = 0
  }

  /// Takes bytes of the section and returns the offset behind the last one taken.
  mutating func consume(_ base: UnsafeRawPointer, from start: Int, to end: Int) throws(WireError) -> Int {
    var index = start
    while index < end {
      let stop = ByteScan.firstLineFeedOrNUL(base, from: index, to: end)
      let isWhole = stop < end
      let next = isWhole ? stop &+ 1 : end
      bytes += next - index
      guard bytes <= byteLimit else { throw .trailersTooLarge }
      if isWhole, line.isEmpty {
        try check(base + index, count: next - index)
      } else {
        line.append(contentsOf: UnsafeRawBufferPointer(start: base + index, count: next - index))
        if isWhole { try checkGathered() }
      }
      index = next
      if hasEnded { return index }
    }
    return index
  }

  private mutating func checkGathered() throws(WireError) {
    // Taken out, so that the check can change the rest of us while it reads the bytes.
    let gathered = line
    line = []
    let problem: WireError? = gathered.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return .badTrailer }
      do throws(WireError) {
        try check(base, count: bytes.count)
        return nil
      } catch {
        return error
      }
    }
    if let problem { throw problem }
  }

  /// Checks one line with its line feed.
  private mutating func check(_ line: UnsafeRawPointer, count: Int) throws(WireError) {
    if count == 2, line.load(as: UInt8.self) == 0x0d, line.load(fromByteOffset: 1, as: UInt8.self) == 0x0a {
      hasEnded = true
      return
    }
    fields += 1
    guard fields <= fieldLimit else { throw .trailersTooLarge }
    let known: KnownField
    do throws(WireError) {
      let slot = try FieldSlot.parse(line, from: 0, to: count)
      guard Int(slot.lineEnd) == count else { throw .badTrailer }
      known = slot.known
    } catch {
      throw .badTrailer
    }
    if Self.isForbidden(known) { throw .forbiddenTrailer }
  }

  /// Fields that would change what was decided from the head (RFC 9110 6.5.1).
  private static func isForbidden(_ field: KnownField) -> Bool {
    switch field {
    case .host, .contentLength, .transferEncoding, .connection, .keepAlive, .proxyConnection, .te, .trailer,
      .upgrade,
      .expect, .authorization, .proxyAuthorization, .proxyAuthenticate, .apiKey, .xAPIKey, .cookie,
      .setCookie,
      .contentType, .contentEncoding, .range, .cacheControl, .location, .retryAfter, .date:
      true
    default: false
    }
  }
}
