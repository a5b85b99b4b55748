import Crypto
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The files of the admin UI: read when first asked for, kept in memory, read again when they change.
///
/// A name is made of plain segments only, so no name leads out of the folder. Blocks for the time of a read
/// from the page cache; never use it on an event loop. Any thread.
final class WebFolder: Sendable {
  /// A file as it is sent.
  struct File: Sendable {
    let bytes: [UInt8]
    /// Entity tag with its quotes, made from the content.
    let entityTag: String
  }

  /// A larger file is not served.
  static let fileLimitBytes = 4 << 20
  /// Bytes kept in memory; beyond it files are read each time.
  static let memoryLimitBytes = 16 << 20

  private struct Version: Equatable {
    var device: UInt64
    var node: UInt64
    var size: Int
    var seconds: Int
    var nanoseconds: Int
  }

  private struct Memory {
    var files: [String: (version: Version, file: File)] = [:]
    var bytes = 0
  }

  private let path: String
  private let memory = Mutex(Memory())

  /// A view of the folder at `path`, which need not exist.
  init(path: String) {
    self.path = path
  }

  /// The file of this name (segments with slashes between them); `nil` when there is none.
  func file(_ name: String) -> File? {
    guard Self.isPlain(name) else { return nil }
    let descriptor = openFile("\(path)/\(name)")
    guard descriptor >= 0 else { return nil }
    defer { _ = closeFile(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      status.st_size <= Self.fileLimitBytes
    else { return nil }
    let version = Version(
      device: UInt64(status.st_dev), node: UInt64(status.st_ino), size: Int(status.st_size),
      seconds: Int(status.st_mtim.tv_sec), nanoseconds: Int(status.st_mtim.tv_nsec))
    if let kept = memory.withLock({ $0.files[name] }), kept.version == version { return kept.file }
    guard let bytes = Self.read(descriptor, Int(status.st_size)) else { return nil }
    let file = File(bytes: bytes, entityTag: "\"\(Self.digest(bytes))\"")
    keep(file, name, version)
    return file
  }

  private func keep(_ file: File, _ name: String, _ version: Version) {
    memory.withLock { memory in
      memory.bytes -= memory.files.removeValue(forKey: name)?.file.bytes.count ?? 0
      guard memory.bytes + file.bytes.count <= Self.memoryLimitBytes else { return }
      memory.files[name] = (version, file)
      memory.bytes += file.bytes.count
    }
  }

  /// Letters, digits and `-_.@` in every segment, and no segment that begins with a dot.
  private static func isPlain(_ name: String) -> Bool {
    guard !name.isEmpty, name.utf8.count <= 512 else { return false }
    return name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { segment in
      guard let first = segment.utf8.first, first != UInt8(ascii: ".") else { return false }
      return segment.utf8.allSatisfy { byte in
        switch byte {
        case 48...57, 65...90, 97...122: true
        default: "-_.@".utf8.contains(byte)
        }
      }
    }
  }

  private static func read(_ descriptor: Int32, _ size: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: size)
    var done = 0
    while done < size {
      let count = bytes.withUnsafeMutableBytes {
        readFile(descriptor, $0.baseAddress.map { $0 + done }, size - done)
      }
      if count < 0, errno == EINTR { continue }
      // Shorter than it was a moment ago: somebody is replacing it.
      guard count > 0 else { return nil }
      done += count
    }
    return bytes
  }

  private static func digest(_ bytes: [UInt8]) -> String {
    SHA256.hash(data: bytes).prefix(16).map { byte in
      let digits = String(byte, radix: 16)
      return byte < 16 ? "0" + digits : digits
    }.joined()
  }
}

// Outside of the type, whose own members would hide the system's functions.
private func openFile(_ path: String) -> Int32 { open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) }
private func closeFile(_ descriptor: Int32) -> Int32 { close(descriptor) }
private func readFile(_ descriptor: Int32, _ start: UnsafeMutableRawPointer?, _ count: Int) -> Int {
  read(descriptor, start, count)
}
