internal import LLMProxyPluginKit

/// What `Cache-Control` says (RFC 9111 5.2), of a request or of an answer. Unknown directives are ignored.
struct CacheDirectives: Sendable {
  /// Longer times are taken for this one (RFC 9111 1.2.2 wants at least 2^31 to be understood).
  static let longestSeconds = 1 << 31

  private(set) var isPresent = false
  private(set) var noStore = false
  private(set) var noCache = false
  private(set) var isPrivate = false
  private(set) var isPublic = false
  private(set) var maxAge: Int?
  private(set) var sharedMaxAge: Int?

  /// For a shared cache: `s-maxage`, else `max-age`.
  var lifetime: Int? { sharedMaxAge ?? maxAge }

  /// Seconds a client wants an answer to be kept for that says nothing of it: `public` and a time above 0.
  var wantedLifetime: Int? {
    guard isPublic, let lifetime, lifetime > 0, !noStore else { return nil }
    return lifetime
  }

  /// Adds one line of the header.
  mutating func read(_ line: UnsafeRawBufferPointer) {
    isPresent = true
    var rest = DirectiveText(line)
    while let (name, value) = rest.next() { note(name, value) }
  }

  private mutating func note(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer?) {
    if name.isWord("no-store") {
      noStore = true
    } else if name.isWord("no-cache") {
      // With names of fields it would bind only those; all of it is the safe reading (RFC 9111 5.2.2.4).
      noCache = true
    } else if name.isWord("private") {
      isPrivate = true
    } else if name.isWord("public") {
      isPublic = true
    } else if name.isWord("max-age") {
      maxAge = Self.shorter(maxAge, value)
    } else if name.isWord("s-maxage") {
      sharedMaxAge = Self.shorter(sharedMaxAge, value)
    }
  }

  /// Of two times that contradict each other the shorter one, and none for what is no time (RFC 9111 4.2.1).
  private static func shorter(_ before: Int?, _ value: UnsafeRawBufferPointer?) -> Int {
    min(before ?? longestSeconds, value.flatMap(seconds) ?? 0)
  }

  private static func seconds(_ text: UnsafeRawBufferPointer) -> Int? {
    guard !text.isEmpty else { return nil }
    var value = 0
    for byte in text {
      guard byte >= 0x30, byte <= 0x39 else { return nil }
      value = min(longestSeconds, value * 10 + Int(byte - 0x30))
    }
    return value
  }
}

extension CacheDirectives {
  /// All lines of a request's header.
  init(of request: borrowing Request) {
    var nth = 0
    while let line = request.header("cache-control", nth: nth) {
      read(line.unsafeBytes)
      nth += 1
    }
    // What clients said before there was Cache-Control (RFC 9111 5.4).
    if !isPresent, let old = request.header("pragma") { noCache = old.unsafeBytes.isWord("no-cache") }
  }
}

/// The directives of one line, one after the other.
private struct DirectiveText {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  mutating func next() -> (name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?)? {
    skip { $0 == 0x20 || $0 == 0x09 || $0 == UInt8(ascii: ",") }
    guard position < bytes.count else { return nil }
    let name = take { $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: ",") }
    guard position < bytes.count, bytes[position] == UInt8(ascii: "=") else { return (name.trimmed, nil) }
    position += 1
    guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
      return (name.trimmed, take { $0 != UInt8(ascii: ",") }.trimmed)
    }
    position += 1
    let value = quoted()
    skip { $0 != UInt8(ascii: ",") }
    return (name.trimmed, value)
  }

  /// Up to the closing quote; escapes stay as they are, since no directive we know needs one.
  private mutating func quoted() -> UnsafeRawBufferPointer {
    let start = position
    while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
      position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
    }
    position = min(position, bytes.count)
    defer { position = min(position + 1, bytes.count) }
    return UnsafeRawBufferPointer(rebasing: bytes[start..<position])
  }

  private mutating func take(while wanted: (UInt8) -> Bool) -> UnsafeRawBufferPointer {
    let start = position
    skip(while: wanted)
    return UnsafeRawBufferPointer(rebasing: bytes[start..<position])
  }

  private mutating func skip(while wanted: (UInt8) -> Bool) {
    while position < bytes.count, wanted(bytes[position]) { position += 1 }
  }
}
