#if canImport(ProxyWire)
  import ProxyWire
#endif

/// What must hold for every input whatever: nothing traps, no range leaves its input, the way the bytes are
/// cut changes nothing, and the fast code agrees with slow code written from the specifications.
public enum WireInvariants {
  /// Checks one input against every parser.
  /// - Parameter seed: decides where the input is cut.
  /// - Returns: the broken promise, or nil.
  public static func violation(_ input: [UInt8], seed: UInt64) -> String? {
    var mutator = Mutator(seed: seed)
    let cuts = mutator.cuts(input.count)
    return http(input, cuts) ?? chunks(input, cuts) ?? events(input, cuts) ?? json(input, cuts)
  }

  private static func http(_ input: [UInt8], _ cuts: [Int]) -> String? {
    let requests = Replay.requests(input)
    if let violation = requests.violation { return "request: \(violation)" }
    if Replay.requests(input, cuts: cuts) != requests { return "requests differ when cut at \(cuts)" }
    let responses = Replay.responses(input)
    if let violation = responses.violation { return "response: \(violation)" }
    if Replay.responses(input, cuts: cuts) != responses { return "answers differ when cut at \(cuts)" }
    return nil
  }

  private static func chunks(_ input: [UInt8], _ cuts: [Int]) -> String? {
    let prefix = Array("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
    let whole = Replay.requests(prefix + input)
    if let violation = whole.violation { return "chunks: \(violation)" }
    let moved = cuts.map { $0 + prefix.count }
    return Replay.requests(prefix + input, cuts: moved) == whole ? nil : "chunks differ when cut at \(cuts)"
  }

  private static func events(_ input: [UInt8], _ cuts: [Int]) -> String? {
    let expected = ReferenceSSE.events(input, atEnd: true)
    for pieces in [[], cuts] {
      var found = [ReferenceSSE.Event]()
      var violation: String?
      let take = { (event: SSEEvent) in
        found.append(.init(event: Array(event.event), data: Array(event.data), id: Array(event.id)))
        if let range = event.rawRange, range.upperBound > input.count || range.count != event.raw.count {
          violation = "event range"
        }
      }
      var splitter = SSESplitter()
      var start = 0
      for end in pieces + [input.count] {
        do throws(WireError) {
          try Array(input[start..<end]).feed(&splitter, take)
        } catch {
          return "event stream refused"
        }
        start = end
      }
      splitter.finish(take)
      if let violation { return violation }
      if found != expected { return "events differ when cut at \(pieces)" }
    }
    return nil
  }

  private static func json(_ input: [UInt8], _ cuts: [Int]) -> String? {
    input.withUnsafeBytes { bytes in
      let expected = ReferenceJSON.members(input)
      var index = JSONMembers()
      do throws(JSONError) {
        try index.index(bytes)
        let found = index.members.map {
          ReferenceJSON.Member(key: Array(bytes[$0.key]), value: Array(bytes[$0.value]))
        }
        if found != expected { return "members differ" }
      } catch {
        if expected != nil { return "valid object refused: \(error)" }
        if case .malformed(let offset) = error, offset < 0 || offset > bytes.count { return "error offset" }
      }
      if let violation = validity(input, bytes) { return violation }
      return scanner(input, bytes, cuts, index)
    }
  }

  private static func validity(_ input: [UInt8], _ bytes: UnsafeRawBufferPointer) -> String? {
    var isValid = true
    do throws(JSONError) { try JSONText.validate(bytes) } catch { isValid = false }
    if isValid != ReferenceJSON.accepts(input) { return "validity differs" }
    for pointer in ["", "/a", "/a/0", "/0", "/a~1b/c", "/usage/total_tokens"] {
      var text = pointer
      let found = text.withUTF8 { JSONPointer.resolve(UnsafeRawBufferPointer($0), in: bytes) }
      if let found, found.lowerBound < 0 || found.upperBound > bytes.count { return "pointer range" }
    }
    if let violation = splices(input, bytes, isValid: isValid) { return violation }
    let literal = JSONText.unescape(bytes)
    if isValid, bytes.first == 0x22, bytes.last == 0x22, literal == nil {
      return "valid string not unescaped"
    }
    var escaped = [UInt8]()
    JSONText.appendLiteral(bytes, to: &escaped)
    return ReferenceJSON.accepts(escaped) ? nil : "escaped text is no string"
  }

  /// An edited document is as valid as before, and holds the new value where it was put.
  private static func splices(_ input: [UInt8], _ bytes: UnsafeRawBufferPointer, isValid: Bool) -> String? {
    for pointer in ["/a", "/usage/total_tokens", "/new~1key", "/a/0"] {
      for value in ["{\"spliced\":[1]}", ""] {
        let edited = value.utf8.withContiguousStorageIfAvailable { value in
          pointer.utf8.withContiguousStorageIfAvailable { pointer in
            JSONSplice.set(UnsafeRawBufferPointer(pointer), to: UnsafeRawBufferPointer(value), in: bytes)
          }
        }
        guard isValid, let edited = edited ?? nil, let edited else { continue }
        if !ReferenceJSON.accepts(edited) { return "a splice at \(pointer) broke the document" }
        guard !value.isEmpty else { continue }
        let found = edited.withUnsafeBytes { text in
          Array(pointer.utf8).withUnsafeBytes { JSONPointer.resolve($0, in: text).map { Array(text[$0]) } }
        }
        if found != Array(value.utf8) { return "a splice at \(pointer) is not found again" }
      }
    }
    return nil
  }

  private static func scanner(
    _ input: [UInt8], _ bytes: UnsafeRawBufferPointer, _ cuts: [Int], _ index: JSONMembers
  ) -> String? {
    let wanted = ["a", "usage", "model", "\u{e9}"].map { Array($0.utf8) }
    var whole = JSONMemberScanner(wanted: wanted)
    whole.feed(bytes)
    var pieces = JSONMemberScanner(wanted: wanted)
    var start = 0
    for end in cuts + [bytes.count] {
      pieces.feed(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
      start = end
    }
    for position in wanted.indices {
      if whole.value(position) != pieces.value(position) { return "scanner differs when cut at \(cuts)" }
      guard !index.members.isEmpty else { continue }
      let name = wanted[position]
      let count = name.withUnsafeBytes { index.count(named: $0, in: bytes) }
      let last = name.withUnsafeBytes { index.value(named: $0, nth: max(0, count - 1), in: bytes) }
      if whole.value(position) != last.map({ Array(bytes[$0]) }) { return "scanner differs from indexer" }
    }
    return nil
  }
}

extension [UInt8] {
  fileprivate func feed(
    _ splitter: inout SSESplitter, _ take: (SSEEvent) -> Void
  ) throws(WireError) {
    let problem: WireError? = withUnsafeBytes { bytes in
      do throws(WireError) {
        try splitter.feed(bytes, take)
        return nil
      } catch {
        return error
      }
    }
    if let problem { throw problem }
  }
}
