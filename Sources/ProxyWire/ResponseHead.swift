/// An answer's head, as offsets into the bytes it was parsed from. As strict as ``RequestHead``; the same
/// rules of storage apply.
public struct ResponseHead: Sendable {
  /// The status, 100 to 599.
  public private(set) var status: UInt16 = 0
  /// 0 for HTTP/1.0, 1 for HTTP/1.1.
  public private(set) var minorVersion: UInt8 = 1
  /// The reason phrase; often empty.
  public private(set) var reasonRange: Range<Int> = 0..<0
  /// How the body is delimited. ``BodyFraming/none`` for answers to HEAD and for 1xx, 204 and 304.
  public private(set) var framing: BodyFraming = .none
  /// Whether the connection can carry another request once the body has ended (RFC 9112 9.3). False also
  /// where a body might follow that must not: 204 or 1xx with a length or chunks, an answer to HEAD without
  /// either.
  public private(set) var keepAlive = false
  /// Whether the content is `text/event-stream`, whatever its parameters.
  public private(set) var isEventStream = false
  /// Bytes of the head, which is where the body starts.
  public private(set) var length = 0
  @usableFromInline var block = FieldBlock()

  /// Makes an empty head.
  public init() {}

  /// The field lines in the order received.
  @inlinable public var fields: ContiguousArray<FieldSlot> { block.slots }
  /// Whether this is an interim answer (1xx), after which another head follows. 101 counts.
  public var isInterim: Bool { status < 200 }
  /// The announced body length, also where there is no body (HEAD, 304).
  public var contentLength: UInt64? { block.findings.contains(.contentLength) ? block.contentLength : nil }
  /// Index of the first Content-Type field.
  @inlinable public var contentTypeIndex: Int? { index(of: .contentType) }

  /// The index in ``fields`` of the first field of this kind. Constant time. Nil for ``KnownField/other``.
  @inlinable
  public func index(of field: KnownField) -> Int? { block.index(of: field) }

  /// The bytes of the value of the first field of this kind, as a range of the parsed bytes. Constant time.
  @inlinable
  public func value(of field: KnownField) -> Range<Int>? {
    guard let index = block.index(of: field) else { return nil }
    return block.slots[index].valueRange
  }

  /// Parses a head. After a throw the head holds nothing of use.
  /// - Parameters:
  ///   - head: exactly the bytes that ``HeadScanner`` measured.
  ///   - requestMethod: the method of the request this answers: an answer to HEAD has no body.
  public mutating func parse(
    _ head: UnsafeRawBufferPointer, requestMethod: Method, limits: MessageLimits = MessageLimits()
  ) throws(WireError) {
    reset()
    guard let base = head.baseAddress else { throw .incompleteHead }
    guard head.count <= min(limits.headBytes, Int(UInt32.max >> 1)) else { throw .headTooLarge }
    let fieldsStart = try readStatusLine(base, count: head.count)
    length = head.count
    try block.parse(base, from: fieldsStart, to: head.count, limits: limits)
    try block.checkFraming(minorVersion: minorVersion)
    if let range = value(of: .contentType) {
      isEventStream = MediaType.isEventStream(UnsafeRawBufferPointer(rebasing: head[range]))
    }
    decideFraming(requestMethod)
  }

  /// Forgets the last head and keeps the storage.
  public mutating func reset() {
    block.reset()
    status = 0
    reasonRange = 0..<0
    framing = .none
    keepAlive = false
    isEventStream = false
    length = 0
  }

  private mutating func decideFraming(_ requestMethod: Method) {
    keepAlive = block.keepsAlive(minorVersion: minorVersion)
    if status < 200 || status == 204 {
      if block.findings.contains(.chunked) || block.contentLength > 0 { keepAlive = false }
    } else if status == 304 {
      framing = .none
    } else if requestMethod == .head {
      // Without a word on the length we can not tell a server that knows HEAD from one that will send a body.
      if !block.findings.contains(.chunked), !block.findings.contains(.contentLength) { keepAlive = false }
    } else if block.findings.contains(.chunked) {
      framing = .chunked
    } else if block.findings.contains(.contentLength) {
      framing = block.contentLength > 0 ? .length(block.contentLength) : .none
    } else {
      framing = .untilClose
      keepAlive = false
    }
  }

  /// `"HTTP/1." digit SP 3digit [SP reason] CRLF`. RFC 9112 4 wants the second space even before an empty
  /// reason; servers leave it out and nobody reads that differently.
  private mutating func readStatusLine(_ base: UnsafeRawPointer, count: Int) throws(WireError) -> Int {
    guard count >= 16 else { throw .malformedStatusLine }
    let version = base.loadUnaligned(as: UInt64.self)
    if version == RequestLine.word64("HTTP/1.0") {
      minorVersion = 0
    } else if version == RequestLine.word64("HTTP/1.1") {
      minorVersion = 1
    } else {
      let fault = RequestLine.versionFault(base)
      throw fault == .unsupportedVersion ? fault : .malformedStatusLine
    }
    guard base.load(fromByteOffset: 8, as: UInt8.self) == 0x20 else { throw .malformedStatusLine }
    var number: UInt16 = 0
    for offset in 9..<12 {
      let digit = base.load(fromByteOffset: offset, as: UInt8.self) &- 0x30
      guard digit < 10 else { throw .malformedStatusLine }
      number = number &* 10 &+ UInt16(digit)
    }
    guard number >= 100, number < 600 else { throw .malformedStatusLine }
    status = number
    var reasonStart = 12
    if base.load(fromByteOffset: 12, as: UInt8.self) == 0x20 { reasonStart = 13 }
    let lineBreak = ByteScan.firstControl(base, from: reasonStart, to: count)
    guard lineBreak &+ 1 < count, reasonStart == 13 || lineBreak == 12,
      base.loadUnaligned(fromByteOffset: lineBreak, as: UInt16.self) == RequestLine.word16("\r\n")
    else { throw .malformedStatusLine }
    reasonRange = reasonStart..<lineBreak
    return lineBreak &+ 2
  }
}
