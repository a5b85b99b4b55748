#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// An append-only file of whole lines with mode 0600 that is rotated by size. Blocking: never use it on an
/// event loop.
struct AuditFile: ~Copyable {
  /// A system call that failed.
  struct Failure: Error, Equatable, CustomStringConvertible {
    var call: String
    var number: Int32
    var description: String { "\(call): \(String(cString: strerror(number)))" }
  }

  /// The file as the operator named it.
  let path: String
  /// The file is rotated before it grows beyond this.
  let maximumBytes: Int
  /// Rotated files kept, named `path.1` (newest) to `path.n`; with 0 the file only grows.
  let backups: Int

  private var descriptor: Int32
  private var size: Int
  private var node: UInt64

  /// Opens or creates the file, and its folder when asked to.
  init(path: String, createsDirectory: Bool, maximumBytes: Int, backups: Int) throws(Failure) {
    self.path = path
    self.maximumBytes = maximumBytes
    self.backups = backups
    if createsDirectory { try Self.createDirectory(of: path) }
    (descriptor, size, node) = try Self.open(path)
  }

  deinit { _ = Self.closeFile(descriptor) }

  /// Appends whole lines and waits until they are on the disk. After a failure none of them is in the file.
  mutating func append(_ lines: [UInt8]) throws(Failure) {
    try followRename()
    if size > 0, size + lines.count > maximumBytes, backups > 0 { try rotate() }
    var done = 0
    while done < lines.count {
      let written = lines[done...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else {
        let failure = Failure(call: "write", number: errno)
        // Half a line would spoil the next one; if even this fails, the next line begins in the middle of
        // this one.
        _ = ftruncate(descriptor, off_t(size))
        throw failure
      }
      done += written
    }
    size += lines.count
    guard fsync(descriptor) == 0 else { throw Failure(call: "fsync", number: errno) }
  }

  /// Opens the path again when somebody (logrotate) has moved or removed the file.
  private mutating func followRename() throws(Failure) {
    var status = stat()
    if stat(path, &status) == 0, UInt64(status.st_ino) == node { return }
    try reopen()
  }

  private mutating func rotate() throws(Failure) {
    for index in stride(from: backups - 1, through: 1, by: -1) {
      // A file of this number that does not exist yet is no failure.
      _ = rename("\(path).\(index)", "\(path).\(index + 1)")
    }
    guard rename(path, "\(path).1") == 0 else { throw Failure(call: "rename", number: errno) }
    try reopen()
  }

  private mutating func reopen() throws(Failure) {
    let opened = try Self.open(path)
    _ = Self.closeFile(descriptor)
    (descriptor, size, node) = opened
  }

  private static func open(_ path: String) throws(Failure) -> (Int32, Int, UInt64) {
    let descriptor = openFile(path)
    guard descriptor >= 0 else { throw Failure(call: "open", number: errno) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let failure = Failure(call: "fstat", number: errno)
      _ = closeFile(descriptor)
      throw failure
    }
    return (descriptor, Int(status.st_size), UInt64(status.st_ino))
  }

  private static func createDirectory(of path: String) throws(Failure) {
    var prefix = ""
    for part in path.split(separator: "/", omittingEmptySubsequences: false).dropLast() {
      prefix += part + "/"
      guard !part.isEmpty, part != ".", part != ".." else { continue }
      if mkdir(prefix, 0o700) != 0, errno != EEXIST { throw Failure(call: "mkdir", number: errno) }
    }
  }
}

// Outside of the type, whose own `open` would hide the system's.
private func openFile(_ path: String) -> Int32 {
  open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
}

extension AuditFile {
  private static func closeFile(_ descriptor: Int32) -> Int32 { close(descriptor) }
}
