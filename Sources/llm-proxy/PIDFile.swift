import ArgumentParser
import Glibc

/// The file that holds the id of the serving process while it runs.
///
/// The process keeps it locked, so that a file left behind by a process that was killed (or by another one that has
/// the same id now) is told from that of a server which runs.
struct PIDFile {
  private let path: String
  /// Holds the lock; closed by the end of the process at the latest.
  private let descriptor: Int32

  /// Writes the id of this process; makes the file's folder when it is absent.
  ///
  /// Throws an exit code, after saying why, when the file cannot be written, or belongs to a server that runs.
  init(writingTo path: String) throws(ExitCode) {
    self.path = path
    if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
      // It usually exists; whether the file can be written is what counts.
      _ = mkdir(String(path[..<slash]), 0o755)
    }
    descriptor = try Self.locked(path)
    let text = Array("\(getpid())\n".utf8)
    guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, text, text.count, 0) == text.count else {
      throw Self.failure(path)
    }
  }

  /// Removes the file; one that is gone already is as good.
  func remove() {
    _ = unlink(path)
    close(descriptor)
  }

  /// Refuses a second start, after saying why, while a server that runs holds the file at `path`.
  static func refuseRunning(_ path: String) throws(ExitCode) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    // No file, or one of somebody else: the process that writes it will say so.
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    if flock(descriptor, LOCK_SH | LOCK_NB) != 0, errno == EWOULDBLOCK { throw running(path, descriptor) }
  }

  /// Opens and locks the file. One that its owner removed between the two steps is not the one at `path` any more.
  private static func locked(_ path: String) throws(ExitCode) -> Int32 {
    while true {
      let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
      guard descriptor >= 0 else { throw failure(path) }
      if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
        defer { close(descriptor) }
        throw running(path, descriptor)
      }
      // Where there are no locks (some network file systems) the port still refuses a second server.
      var (opened, named) = (stat(), stat())
      if fstat(descriptor, &opened) == 0, stat(path, &named) == 0, opened.st_ino == named.st_ino {
        return descriptor
      }
      close(descriptor)
    }
  }

  private static func running(_ path: String, _ descriptor: Int32) -> ExitCode {
    var bytes = [UInt8](repeating: 0, count: 32)
    let count = max(0, pread(descriptor, &bytes, bytes.count, 0))
    let process = String(decoding: bytes[..<count].prefix { $0 >= 48 && $0 <= 57 }, as: UTF8.self)
    Console.error(
      "a server runs already: process \(process) holds \(path); stop it with `kill \(process)`, or name another "
        + "file with --pid-file")
    return CommandStatus.conflict.code
  }

  private static func failure(_ path: String) -> ExitCode {
    Console.error("cannot write the pid file \(path): \(String(cString: strerror(errno)))")
    return .failure
  }
}
