#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Reads small text files whole, with a bound and with a reason when it does not work.
enum BoundedFile {
  /// Why a file could not be read.
  enum Failure: Error, Equatable {
    case missing
    case unreadable(String)
    case tooLarge
    case notUTF8(line: Int)

    /// A clause that follows the file's name.
    var problem: String {
      switch self {
      case .missing: "does not exist"
      case .unreadable(let reason): "cannot be read (\(reason))"
      case .tooLarge: "is larger than 1 MiB"
      case .notUTF8: "is not UTF-8 text"
      }
    }
  }

  /// The largest file that is read.
  static let limitBytes = 1_048_576

  /// The file's text, without a byte order mark.
  static func text(_ path: String) throws(Failure) -> String {
    var bytes = try contents(path)
    if bytes.starts(with: [0xef, 0xbb, 0xbf]) { bytes.removeFirst(3) }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .notUTF8(line: lineOfFirstInvalidByte(bytes))
    }
    return text
  }

  private static func contents(_ path: String) throws(Failure) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw errno == ENOENT ? .missing : .unreadable(String(cString: strerror(errno)))
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else {
      throw .unreadable("it is a folder")
    }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw .unreadable(String(cString: strerror(errno))) }
      if count == 0 { return bytes }
      bytes.append(contentsOf: chunk[..<count])
      guard bytes.count <= limitBytes else { throw .tooLarge }
    }
  }

  private static func lineOfFirstInvalidByte(_ bytes: [UInt8]) -> Int {
    var line = 1
    for text in bytes.split(separator: 0x0a, omittingEmptySubsequences: false) {
      if String(validating: text, as: UTF8.self) == nil { return line }
      line += 1
    }
    return line
  }
}
