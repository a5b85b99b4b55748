import ProxyStore

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
  /// When it is rotated, into `path.1` (newest) to `path.n`, and what is removed.
  let rotation: AuditLog.Rotation

  private var descriptor: Int32
  private var size: Int
  private var node: UInt64
  private var agedAt: time_t = 0
  /// What this process appended last, so that nothing has to be read back while nobody else writes.
  private var own: (node: UInt64, size: Int, chain: String)?

  /// Opens or creates the file, and its folder when asked to.
  init(path: String, createsDirectory: Bool, rotation: AuditLog.Rotation) throws(Failure) {
    self.path = path
    self.rotation = rotation
    if createsDirectory { try Self.createDirectory(of: path) }
    (descriptor, size, node) = try Self.open(path)
  }

  deinit { _ = Self.closeFile(descriptor) }

  /// Appends whole lines, each linked to the one before: they survive the end of this process from then on, and a
  /// power cut after `sync`. After a failure none of them is in the file. Other processes that append to the same file wait their turn.
  mutating func append(_ lines: [UInt8]) throws(Failure) {
    try lockCurrent()
    defer { _ = flock(descriptor, LOCK_UN) }
    var (linked, chain) = Self.linked(lines, after: lastChain())
    if size > 0, size + linked.count > rotation.maximumBytes, rotation.backups > 0 {
      try rotate()
      try lockCurrent()
      // The chain goes on in the new file, and another process may have been there first.
      (linked, chain) = Self.linked(lines, after: lastChain())
    }
    removeOld()
    var done = 0
    while done < linked.count {
      let written = linked[done...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
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
    size += linked.count
    own = (node, size, chain)
  }

  /// Waits until everything appended is on the disk.
  func sync() throws(Failure) {
    guard fsync(descriptor) == 0 else { throw Failure(call: "fsync", number: errno) }
  }

  private static func linked(_ lines: [UInt8], after previous: String) -> (lines: [UInt8], chain: String) {
    var (out, chain): ([UInt8], String) = ([], previous)
    for line in lines.split(separator: UInt8(ascii: "\n")) {
      let link = AuditLineChain.link(Array(line), after: chain)
      chain = link.chain
      out += link.line
      out.append(UInt8(ascii: "\n"))
    }
    return (out, chain)
  }

  /// Chain of the newest linked line: of this file, or of the one that was rotated away from it.
  private func lastChain() -> String {
    if let own, own.node == node, own.size == size { return own.chain }
    if let chain = Self.lastChain(in: path) { return chain }
    return Self.lastChain(in: path + ".1") ?? ""
  }

  private static func lastChain(in path: String) -> String? {
    let descriptor = openForReading(path)
    guard descriptor >= 0 else { return nil }
    defer { _ = closeFile(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return nil }
    // Lines are short; one without a link can only stand at the end after a crash.
    let length = min(Int(status.st_size), 64 << 10)
    var tail = [UInt8](repeating: 0, count: length)
    guard pread(descriptor, &tail, length, off_t(Int(status.st_size) - length)) == length else { return nil }
    for line in tail.split(separator: UInt8(ascii: "\n")).reversed() {
      if let chain = AuditLineChain.chain(of: line) { return chain }
    }
    return nil
  }

  /// Locks the file that the path names now: somebody (another process, logrotate) may have moved or removed the
  /// one that is open.
  private mutating func lockCurrent() throws(Failure) {
    while true {
      guard flock(descriptor, LOCK_EX) == 0 else { throw Failure(call: "flock", number: errno) }
      var status = stat()
      if stat(path, &status) == 0, UInt64(status.st_ino) == node {
        // Another process may have appended.
        size = Int(status.st_size)
        return
      }
      try reopen()
    }
  }

  private mutating func rotate() throws(Failure) {
    try sync()
    for index in stride(from: rotation.backups - 1, through: 1, by: -1) {
      // A file of this number that does not exist yet is no failure.
      _ = rename("\(path).\(index)", "\(path).\(index + 1)")
    }
    guard rename(path, "\(path).1") == 0 else { throw Failure(call: "rename", number: errno) }
    try reopen()
  }

  /// Removes rotated files that were written last before `maximumAge`; looks once an hour.
  private mutating func removeOld() {
    let now = time(nil)
    guard let age = rotation.maximumAge, now - agedAt >= 3600 else { return }
    agedAt = now
    for index in 1...max(1, rotation.backups) {
      var status = stat()
      guard stat("\(path).\(index)", &status) == 0,
        now - status.st_mtim.tv_sec > time_t(age.components.seconds)
      else { continue }
      // One that cannot be removed is tried again in an hour.
      _ = unlink("\(path).\(index)")
    }
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
    // A file of the Go program is readable by everybody; where it is not ours to change, it stays as it is.
    if status.st_mode & 0o077 != 0 { _ = fchmod(descriptor, 0o600) }
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

private func openForReading(_ path: String) -> Int32 { open(path, O_RDONLY | O_CLOEXEC) }

extension AuditFile {
  private static func closeFile(_ descriptor: Int32) -> Int32 { close(descriptor) }
}
