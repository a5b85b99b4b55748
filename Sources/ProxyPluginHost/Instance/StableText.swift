public import CLLMProxyPlugin

/// Immutable bytes at an address that does not change, so that a slice of them may be lent to a plugin for as
/// long as the object lives.
///
/// `@unchecked Sendable`: written once in `init`, read only afterwards.
public final class StableText: @unchecked Sendable {
  private let bytes: UnsafeMutableBufferPointer<CChar>
  /// The bytes, without the NUL that follows them in memory. Valid as long as this object.
  public let slice: llmp_str_t
  /// The same text.
  public let string: String

  /// Copies `text`.
  public init(_ text: String) {
    let utf8 = Array(text.utf8)
    let bytes = UnsafeMutableBufferPointer<CChar>.allocate(capacity: utf8.count + 1)
    for index in utf8.indices { bytes.initializeElement(at: index, to: CChar(bitPattern: utf8[index])) }
    bytes.initializeElement(at: utf8.count, to: 0)
    self.bytes = bytes
    string = text
    slice = llmp_str_t(ptr: UnsafePointer(bytes.baseAddress), len: utf8.count)
  }

  deinit { bytes.deallocate() }
}
