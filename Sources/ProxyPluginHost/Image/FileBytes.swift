import Glibc

/// A whole file in memory, read once: what is hashed, examined and copied is the same bytes.
///
/// `@unchecked Sendable`: filled in `init`, read only afterwards.
final class FileBytes: @unchecked Sendable {
  let bytes: UnsafeRawBufferPointer

  /// Reads `size` bytes from the start of an open file.
  ///
  /// - Throws: the `errno` of a failed read; `EIO` when the file is shorter than `size`.
  init(descriptor: Int32, size: Int) throws(SystemError) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, size), alignment: 16)
    bytes = UnsafeRawBufferPointer(rebasing: buffer[..<size])
    var filled = 0
    while filled < size {
      let count = pread(descriptor, buffer.baseAddress?.advanced(by: filled), size - filled, off_t(filled))
      if count > 0 {
        filled += count
      } else if count == 0 || errno != EINTR {
        throw SystemError(code: count == 0 ? EIO : errno)
      }
    }
  }

  deinit { bytes.deallocate() }
}

/// An `errno` with its text.
struct SystemError: Error, Equatable, CustomStringConvertible {
  var code: Int32

  /// What happened last on this thread.
  static var last: SystemError { SystemError(code: errno) }

  var description: String {
    var buffer = [CChar](repeating: 0, count: 128)
    // The XSI variant of glibc fills the buffer; a text that was cut is still a text.
    _ = strerror_r(code, &buffer, buffer.count)
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
