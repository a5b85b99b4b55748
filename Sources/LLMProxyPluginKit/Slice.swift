public import CLLMProxyPlugin

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Bytes lent by the host: a header value, a path, a body.
///
/// They may hold any byte and are not promised to be UTF-8. A slice is good until the hook that got
/// it returns, or until that hook changes the same headers or body, whichever comes first. The
/// compiler refuses to let one leave the hook; it does not see the second case. Copy what you want
/// to keep: `String(slice)` or `Array(slice)`.
public struct Slice: ~Escapable {
  @usableFromInline let bytes: UnsafeRawBufferPointer

  @inlinable @_lifetime(immortal)
  init(_ text: llmp_str_t) { bytes = text.buffer }

  /// Length in bytes.
  @inlinable public var count: Int { bytes.count }
  /// True when there is nothing in it.
  @inlinable public var isEmpty: Bool { bytes.isEmpty }

  /// The byte at a position that must be within `0..<count`.
  @inlinable public subscript(position: Int) -> UInt8 { bytes[position] }

  /// Lends the bytes; the buffer must not leave `body`.
  @inlinable
  public func withUnsafeBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(bytes)
  }

  /// The bytes without the compiler's watch: the buffer must not outlive the hook.
  @inlinable public var unsafeBytes: UnsafeRawBufferPointer { bytes }

  /// Part of it; the range must lie within `0..<count`.
  @_lifetime(copy self)
  public func part(_ range: Range<Int>) -> Slice {
    Slice(llmp_str_t(UnsafeRawBufferPointer(rebasing: bytes[range])))
  }

  /// Where the byte occurs first, or nil.
  public func firstIndex(of byte: UInt8) -> Int? { bytes.firstIndex(of: byte) }

  /// Byte for byte the same.
  @inlinable public static func == (left: Slice, right: StaticString) -> Bool {
    right.withText { sameBytes(left.bytes, $0.buffer) }
  }

  /// Byte for byte the same.
  @inlinable public static func != (left: Slice, right: StaticString) -> Bool { !(left == right) }

  /// Byte for byte the same.
  @inlinable public func equals<Text: TextSource & ~Escapable>(_ other: Text) -> Bool {
    other.withText { sameBytes(bytes, $0.buffer) }
  }

  /// The same but for the case of ASCII letters.
  public func equalsIgnoringCase(_ other: StaticString) -> Bool {
    guard count == other.utf8CodeUnitCount else { return false }
    return other.withText { text in
      zip(bytes, text.buffer).allSatisfy { lowercased($0) == lowercased($1) }
    }
  }

  /// Begins with these bytes.
  @inlinable public func hasPrefix<Text: TextSource & ~Escapable>(_ prefix: Text) -> Bool {
    prefix.withText { text in
      count >= text.len && sameBytes(UnsafeRawBufferPointer(rebasing: bytes[..<text.len]), text.buffer)
    }
  }

  /// A decimal number without sign or white space; nil for anything else or above `Int.max`.
  public var unsignedInteger: Int? {
    if isEmpty || count > 19 { return nil }
    var value = 0
    for byte in bytes {
      guard byte >= 0x30, byte <= 0x39 else { return nil }
      let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = scaled.addingReportingOverflow(Int(byte &- 0x30))
      if overflow || carry { return nil }
      value = sum
    }
    return value
  }
}

extension Slice: TextSource {
  /// Lends the bytes to `body`.
  @inlinable public func withText<Result>(_ body: (llmp_str_t) -> Result) -> Result {
    body(llmp_str_t(bytes))
  }
}

extension String {
  /// A copy of the bytes as text; what is not UTF-8 becomes U+FFFD.
  public init(_ slice: Slice) { self.init(decoding: slice.bytes, as: UTF8.self) }
}

extension Array where Element == UInt8 {
  /// A copy of the bytes.
  public init(_ slice: Slice) { self.init(slice.bytes) }
}

@usableFromInline
func sameBytes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
  guard left.count == right.count else { return false }
  guard let first = left.baseAddress, let second = right.baseAddress else { return left.isEmpty }
  return memcmp(first, second, left.count) == 0
}

private func lowercased(_ byte: UInt8) -> UInt8 {
  byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
}

/// Bytes that can be lent to the host for the duration of one call: `String`, `StaticString`,
/// `Slice` and `[UInt8]`.
///
/// The host copies what it is given before it returns, so nothing has to be kept alive.
public protocol TextSource: ~Escapable {
  /// Lends the bytes to `body`; the pointer is good inside `body` only.
  func withText<Result>(_ body: (llmp_str_t) -> Result) -> Result
}

extension StaticString: TextSource {
  /// Lends the bytes to `body`.
  @inlinable public func withText<Result>(_ body: (llmp_str_t) -> Result) -> Result {
    if hasPointerRepresentation {
      return body(llmp_str_t(bytes: UnsafeRawPointer(utf8Start), count: utf8CodeUnitCount))
    }
    return description.withText(body)
  }
}

extension String: TextSource {
  /// Lends the bytes to `body`.
  @inlinable public func withText<Result>(_ body: (llmp_str_t) -> Result) -> Result {
    let direct = utf8.withContiguousStorageIfAvailable { buffer in
      body(llmp_str_t(UnsafeRawBufferPointer(buffer)))
    }
    return direct ?? Array(utf8).withText(body)
  }
}

extension Array: TextSource where Element == UInt8 {
  /// Lends the bytes to `body`.
  @inlinable public func withText<Result>(_ body: (llmp_str_t) -> Result) -> Result {
    withUnsafeBytes { body(llmp_str_t($0)) }
  }
}

extension llmp_str_t {
  @inlinable init(bytes: UnsafeRawPointer, count: Int) {
    self.init(ptr: bytes.assumingMemoryBound(to: CChar.self), len: count)
  }

  @inlinable init(_ buffer: UnsafeRawBufferPointer) {
    self.init(ptr: buffer.baseAddress?.assumingMemoryBound(to: CChar.self), len: buffer.count)
  }

  /// The slice as a buffer; a null pointer is an empty one whatever the length says.
  @inlinable var buffer: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: ptr, count: ptr == nil ? 0 : len)
  }
}
