/// How the end of a message's body is found (RFC 9112 6.3).
public enum BodyFraming: Equatable, Sendable {
  /// There is no body; the next message starts right after the head.
  case none
  /// The body is this many bytes; never zero (that is ``none``).
  case length(UInt64)
  /// The body is in chunks; ``ChunkedDecoder`` finds its end.
  case chunked
  /// The body ends when the peer closes. Responses only.
  case untilClose
}

/// The fields of a head, parsed once, with all that framing and the pipeline ask about them.
@usableFromInline
struct FieldBlock: Sendable {
  /// What the fields said; one bit each.
  struct Findings: OptionSet, Sendable {
    let rawValue: UInt8
    static let contentLength = Findings(rawValue: 1)
    static let chunked = Findings(rawValue: 2)
    static let close = Findings(rawValue: 4)
    static let keepAlive = Findings(rawValue: 8)
    static let upgrade = Findings(rawValue: 16)
    static let nominates = Findings(rawValue: 32)
    static let expectsContinue = Findings(rawValue: 64)
  }

  @usableFromInline var slots = ContiguousArray<FieldSlot>()
  /// For each known field one more than the index of its first slot; zero when absent.
  @usableFromInline var firsts = SIMD64<UInt8>(repeating: 0)
  var findings: Findings = []
  var contentLength: UInt64 = 0

  @inlinable
  func index(of field: KnownField) -> Int? {
    let first = firsts[Int(field.rawValue)]
    return first == 0 ? nil : Int(first) &- 1
  }

  mutating func reset() {
    slots.removeAll(keepingCapacity: true)
    firsts = SIMD64(repeating: 0)
    findings = []
    contentLength = 0
  }

  /// Parses the field lines and the empty line in `[start, end)`, which must end there exactly.
  mutating func parse(
    _ base: UnsafeRawPointer, from start: Int, to end: Int, limits: MessageLimits
  ) throws(WireError) {
    let most = min(limits.fields, MessageLimits.mostFields)
    var lineStart = start
    while true {
      guard lineStart &+ 2 <= end else { throw .incompleteHead }
      if base.load(fromByteOffset: lineStart, as: UInt8.self) == 0x0d {
        guard lineStart &+ 2 == end, base.load(fromByteOffset: lineStart &+ 1, as: UInt8.self) == 0x0a else {
          throw .incompleteHead
        }
        break
      }
      guard slots.count < most else { throw .tooManyFields }
      let slot = try FieldSlot.parse(base, from: lineStart, to: end)
      if slot.known != .other { try note(slot, base) }
      slots.append(slot)
      lineStart = Int(slot.lineEnd)
    }
    if findings.contains(.nominates) { markNominated(base) }
  }

  /// Takes what a known field says. Called before the field is in `slots`.
  private mutating func note(_ slot: FieldSlot, _ base: UnsafeRawPointer) throws(WireError) {
    let place = Int(slot.known.rawValue)
    let isRepeated = withUnsafeMutableBytes(of: &firsts) { bytes in
      if bytes[place] != 0 { return true }
      bytes[place] = UInt8(truncatingIfNeeded: slots.count &+ 1)
      return false
    }
    let value = UnsafeRawBufferPointer(
      start: base + Int(slot.valueStart), count: Int(slot.valueLength))
    switch slot.known {
    case .host:
      if isRepeated { throw .repeatedHost }
    case .contentLength:
      if isRepeated { throw .repeatedContentLength }
      contentLength = try slot.contentLength(in: base)
      findings.insert(.contentLength)
    case .transferEncoding:
      if isRepeated { throw .repeatedTransferEncoding }
      guard FieldNames.value(value, is: "chunked", 7) else { throw .unknownTransferCoding }
      findings.insert(.chunked)
    case .connection: try noteConnection(value)
    case .expect:
      guard !isRepeated, FieldRules.equalsIgnoringCase(value, "100-continue") else {
        throw .unsupportedExpectation
      }
      findings.insert(.expectsContinue)
    default: break
    }
  }

  private mutating func noteConnection(_ value: UnsafeRawBufferPointer) throws(WireError) {
    var start = 0
    while let range = FieldRules.nextMember(of: value, from: &start) {
      let member = UnsafeRawBufferPointer(rebasing: value[range])
      if FieldNames.value(member, is: "keep-alive", 10) {
        findings.insert(.keepAlive)
      } else if FieldNames.value(member, is: "close", 5) {
        findings.insert(.close)
      } else if FieldNames.value(member, is: "upgrade", 7) {
        findings.insert(.upgrade)
      } else {
        guard FieldRules.isToken(member) else { throw .badConnection }
        findings.insert(.nominates)
      }
    }
  }

  /// Marks the fields that `Connection` names. A field that must reach the other end, such as `Host` or
  /// `Authorization`, is not to be nominated (RFC 9110 7.6.1), and is not removed because someone did.
  private mutating func markNominated(_ base: UnsafeRawPointer) {
    for connection in slots where connection.known == .connection {
      let value = UnsafeRawBufferPointer(
        start: base + Int(connection.valueStart), count: Int(connection.valueLength))
      var start = 0
      while let range = FieldRules.nextMember(of: value, from: &start) {
        let member = UnsafeRawBufferPointer(rebasing: value[range])
        for index in slots.indices where slots[index].known == .other {
          let name = UnsafeRawBufferPointer(
            start: base + Int(slots[index].nameStart), count: Int(slots[index].nameLength))
          if FieldRules.equalsIgnoringCase(name, member) { slots[index].isHopByHop = true }
        }
      }
    }
  }
}

extension FieldBlock {
  /// Whether the connection can carry another message, by RFC 9112 9.3.
  func keepsAlive(minorVersion: UInt8) -> Bool {
    if findings.contains(.close) { return false }
    return minorVersion == 1 || findings.contains(.keepAlive)
  }

  /// Refuses what RFC 9112 6.1 and 6.3 call errors, whoever sent it.
  func checkFraming(minorVersion: UInt8) throws(WireError) {
    guard findings.contains(.chunked) else { return }
    if findings.contains(.contentLength) { throw .lengthAndTransferEncoding }
    if minorVersion == 0 { throw .transferEncodingInOldVersion }
  }
}
