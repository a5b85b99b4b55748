/// Recognition of field names by comparing whole words.
///
/// The literals below are compared as 4- and 8-byte words that the compiler folds into constants. Bit 0x20 is
/// set in every received byte first. For bytes of a token that maps exactly the upper-case letters onto the
/// lower-case ones, except `^` and `_`, which land on bytes that no literal here holds; so it never makes two
/// different names equal.
enum FieldNames {
  /// Recognises any bytes; those that are no token are ``KnownField/other``.
  static func recognise(_ name: UnsafeRawBufferPointer) -> KnownField {
    guard let base = name.baseAddress, FieldRules.isToken(name) else { return .other }
    return recognise(token: base, length: name.count)
  }

  /// Recognises a name that is known to be a token. Reads `length` bytes and no more.
  @inline(__always)
  static func recognise(token p: UnsafeRawPointer, length n: Int) -> KnownField {
    if n >= 8 { return n <= 16 ? medium(p, n) : long(p, n) }
    return n >= 4 ? short(p, n) : tiny(p, n)
  }

  private static func tiny(_ p: UnsafeRawPointer, _ n: Int) -> KnownField {
    guard n >= 2 else { return .other }
    let first = p.load(as: UInt8.self) | 0x20
    let second = p.load(fromByteOffset: 1, as: UInt8.self) | 0x20
    if n == 2 { return first == 0x74 && second == 0x65 ? .te : .other }
    let third = p.load(fromByteOffset: 2, as: UInt8.self) | 0x20
    return first == 0x76 && second == 0x69 && third == 0x61 ? .via : .other
  }

  private static func short(_ p: UnsafeRawPointer, _ n: Int) -> KnownField {
    let word = (UInt64(four(p)) | UInt64(four(p + (n - 4))) << 32) | 0x2020_2020_2020_2020
    switch n {
    case 4:
      if word == pair("host", 4) { return .host }
      if word == pair("date", 4) { return .date }
    case 5:
      if word == pair("range", 5) { return .range }
    case 6:
      if word == pair("accept", 6) { return .accept }
      if word == pair("cookie", 6) { return .cookie }
      if word == pair("expect", 6) { return .expect }
      if word == pair("origin", 6) { return .origin }
      if word == pair("server", 6) { return .server }
    default:
      if word == pair("referer", 7) { return .referer }
      if word == pair("upgrade", 7) { return .upgrade }
      if word == pair("trailer", 7) { return .trailer }
      if word == pair("api-key", 7) { return .apiKey }
    }
    return .other
  }

  private static func medium(_ p: UnsafeRawPointer, _ n: Int) -> KnownField {
    let head = eight(p) | 0x2020_2020_2020_2020
    let tail = eight(p + (n - 8)) | 0x2020_2020_2020_2020
    switch n {
    case 8:
      if is16(head, tail, "location", 8) { return .location }
    case 9:
      if is16(head, tail, "x-api-key", 9) { return .xAPIKey }
      if is16(head, tail, "x-real-ip", 9) { return .xRealIP }
      if is16(head, tail, "forwarded", 9) { return .forwarded }
    case 10:
      if is16(head, tail, "user-agent", 10) { return .userAgent }
      if is16(head, tail, "connection", 10) { return .connection }
      if is16(head, tail, "keep-alive", 10) { return .keepAlive }
      if is16(head, tail, "set-cookie", 10) { return .setCookie }
    case 11:
      if is16(head, tail, "retry-after", 11) { return .retryAfter }
      if is16(head, tail, "traceparent", 11) { return .traceparent }
    case 12:
      if is16(head, tail, "content-type", 12) { return .contentType }
      if is16(head, tail, "x-request-id", 12) { return .xRequestID }
    case 13:
      if is16(head, tail, "authorization", 13) { return .authorization }
      if is16(head, tail, "cache-control", 13) { return .cacheControl }
    case 14:
      if is16(head, tail, "content-length", 14) { return .contentLength }
      if is16(head, tail, "x-should-retry", 14) { return .xShouldRetry }
    case 15:
      if is16(head, tail, "accept-encoding", 15) { return .acceptEncoding }
      if is16(head, tail, "x-forwarded-for", 15) { return .xForwardedFor }
    default:
      if is16(head, tail, "content-encoding", 16) { return .contentEncoding }
      if is16(head, tail, "proxy-connection", 16) { return .proxyConnection }
      if is16(head, tail, "x-forwarded-host", 16) { return .xForwardedHost }
    }
    return .other
  }

  private static func long(_ p: UnsafeRawPointer, _ n: Int) -> KnownField {
    switch n {
    case 17:
      if isLong(p, "transfer-encoding", 17) { return .transferEncoding }
      if isLong(p, "x-forwarded-proto", 17) { return .xForwardedProto }
      if isLong(p, "sec-websocket-key", 17) { return .secWebSocketKey }
    case 18:
      if isLong(p, "proxy-authenticate", 18) { return .proxyAuthenticate }
    case 19:
      if isLong(p, "proxy-authorization", 19) { return .proxyAuthorization }
    case 22:
      if isLong(p, "sec-websocket-protocol", 22) { return .secWebSocketProtocol }
    case 29:
      if isLong(p, "access-control-request-method", 29) { return .accessControlRequestMethod }
    default: break
    }
    return .other
  }

  /// Whether a field value, or a part of one, is a word of letters, digits and `-` given in lower case. Exact
  /// as long as the value holds no control bytes but HTAB, which parsing has made sure of.
  /// - Parameter n: the number of bytes in the word, at least four.
  @inline(__always)
  static func value(_ value: UnsafeRawBufferPointer, is word: StaticString, _ n: Int) -> Bool {
    guard value.count == n, let p = value.baseAddress else { return false }
    if n > 8 { return isLong(p, word, n) }
    return (UInt64(four(p)) | UInt64(four(p + (n - 4))) << 32) | 0x2020_2020_2020_2020 == pair(word, n)
  }

  @inline(__always)
  private static func four(_ p: UnsafeRawPointer) -> UInt32 { p.loadUnaligned(as: UInt32.self) }

  @inline(__always)
  private static func eight(_ p: UnsafeRawPointer) -> UInt64 { p.loadUnaligned(as: UInt64.self) }

  @inline(__always)
  private static func pair(_ name: StaticString, _ n: Int) -> UInt64 {
    let p = UnsafeRawPointer(name.utf8Start)
    return UInt64(four(p)) | UInt64(four(p + (n - 4))) << 32
  }

  @inline(__always)
  private static func is16(_ head: UInt64, _ tail: UInt64, _ name: StaticString, _ n: Int) -> Bool {
    let p = UnsafeRawPointer(name.utf8Start)
    return head == eight(p) && tail == eight(p + (n - 8))
  }

  /// Names over 16 bytes: the words between the first and the last overlap the last one, which does no harm.
  @inline(__always)
  private static func isLong(_ p: UnsafeRawPointer, _ name: StaticString, _ n: Int) -> Bool {
    let wanted = UnsafeRawPointer(name.utf8Start)
    var offset = 0
    while offset < n - 8 {
      if eight(p + offset) | 0x2020_2020_2020_2020 != eight(wanted + offset) { return false }
      offset += 8
    }
    return eight(p + (n - 8)) | 0x2020_2020_2020_2020 == eight(wanted + (n - 8))
  }
}
