/// A request's head, as offsets into the bytes it was parsed from.
///
/// Keep one for each connection and parse into it again and again: it allocates only while it sees more
/// fields than ever before. Copying it shares the storage and makes the next parse allocate.
public struct RequestHead: Sendable {
  /// The method.
  public private(set) var method: Method = .get
  /// 0 for HTTP/1.0, 1 for HTTP/1.1.
  public private(set) var minorVersion: UInt8 = 1
  /// The whole request target: origin form, absolute form (`http` and `https`), or `*` for OPTIONS.
  public private(set) var targetRange: Range<Int> = 0..<0
  /// The path within the target, still percent-encoded. Empty for an absolute form without a path: treat it
  /// as `/` (for OPTIONS as `*`). Its percent-encoding is well formed and holds no encoded NUL.
  public private(set) var pathRange: Range<Int> = 0..<0
  /// The query without its `?`; empty when there is none. Its percent-encoding is not checked.
  public private(set) var queryRange: Range<Int> = 0..<0
  /// How the body is delimited; never ``BodyFraming/untilClose``.
  public private(set) var framing: BodyFraming = .none
  /// Whether the client allows another request on the connection (RFC 9112 9.3).
  public private(set) var keepAlive = false
  /// Bytes of the head, which is where the body starts.
  public private(set) var length = 0
  @usableFromInline var block = FieldBlock()

  /// Makes an empty head.
  public init() {}

  /// The field lines in the order received.
  @inlinable public var fields: ContiguousArray<FieldSlot> { block.slots }
  /// Whether the client waits for `100 Continue` before it sends the body. Never true for HTTP/1.0.
  public var expectsContinue: Bool { minorVersion == 1 && block.findings.contains(.expectsContinue) }
  /// Whether a body that nobody wants can be thrown away and the connection go on: a known, small amount that the
  /// client sends without waiting to be asked.
  public var isBodySmall: Bool {
    guard case .length(let length) = framing else { return framing == .none }
    return length <= 65_536 && !expectsContinue
  }
  /// Whether `Connection` has the member `upgrade` and there is an `Upgrade` field.
  public var asksUpgrade: Bool {
    minorVersion == 1 && block.findings.contains(.upgrade) && block.index(of: .upgrade) != nil
  }
  /// Index of the Host field; nil only for HTTP/1.0.
  @inlinable public var hostIndex: Int? { index(of: .host) }
  /// Index of the first Authorization field.
  @inlinable public var authorizationIndex: Int? { index(of: .authorization) }
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
  /// - Parameter head: exactly the bytes that ``HeadScanner`` measured.
  public mutating func parse(
    _ head: UnsafeRawBufferPointer, limits: MessageLimits = MessageLimits()
  ) throws(WireError) {
    reset()
    guard let base = head.baseAddress else { throw .incompleteHead }
    guard head.count <= min(limits.headBytes, Int(UInt32.max >> 1)) else { throw .headTooLarge }
    guard head.last == 0x0a else { throw .incompleteHead }
    let line = try RequestLine.parse(base, count: head.count)
    method = line.method
    minorVersion = line.minorVersion
    targetRange = line.target
    pathRange = line.path
    queryRange = line.query
    length = head.count
    try block.parse(base, from: line.end, to: head.count, limits: limits)
    try block.checkFraming(minorVersion: minorVersion)
    try checkHost(head, authority: line.authority)
    keepAlive = block.keepsAlive(minorVersion: minorVersion)
    if block.findings.contains(.chunked) {
      framing = .chunked
    } else if block.contentLength > 0 {
      framing = .length(block.contentLength)
    }
  }

  /// Forgets the last head and keeps the storage.
  public mutating func reset() {
    block.reset()
    targetRange = 0..<0
    pathRange = 0..<0
    queryRange = 0..<0
    framing = .none
    keepAlive = false
    length = 0
  }

  private func checkHost(_ head: UnsafeRawBufferPointer, authority: Range<Int>) throws(WireError) {
    guard let range = value(of: .host) else {
      if minorVersion == 1 { throw .missingHost }
      return
    }
    let host = UnsafeRawBufferPointer(rebasing: head[range])
    guard FieldRules.isAuthority(host) else { throw .badHost }
    // Two names for one request are what a router and a filter could disagree about (RFC 9112 3.2).
    if !authority.isEmpty,
      !FieldRules.equalsIgnoringCase(host, UnsafeRawBufferPointer(rebasing: head[authority]))
    {
      throw .badHost
    }
  }
}
