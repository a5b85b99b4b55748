internal import Glibc
internal import LLMProxyPluginKit

/// A file that is put aside when it is full: `name` becomes `name.1`, that becomes `name.2`, and so
/// on. When somebody else has renamed or removed it, the next write goes to a new file.
final class LogFile: LogTarget {
  private let path: String
  private let maximalBytes: Int
  private let backups: Int
  private var descriptor: Int32 = -1
  private var size = 0
  private(set) var problem = ""

  /// - Parameters:
  ///   - maximalBytes: 0: the file is never put aside.
  ///   - backups: how many files put aside are kept; 0: none.
  init(path: String, maximalBytes: Int, backups: Int) throws(PluginFailure) {
    self.path = path
    self.maximalBytes = maximalBytes
    self.backups = backups
    guard open() else {
      throw .configuration("file", "cannot open \(path): \(problem); create its folder, or allow writing")
    }
  }

  deinit { close() }

  func write(_ lines: UnsafeRawBufferPointer, patience: () -> Bool) -> Int {
    if descriptor < 0 || !isStillAtPath() {
      close()
      guard open() else { return 0 }
    }
    var written = 0
    while written < lines.count {
      let rest = UnsafeRawBufferPointer(rebasing: lines[written...])
      let count = fitting(rest)
      if count == 0 {
        guard rotate() else { return written }
        continue
      }
      let done = Glibc.write(descriptor, rest.baseAddress, count)
      if done > 0 {
        written += done
        size += done
      } else if errno != EINTR {
        problem = String(cString: strerror(errno))
        return written
      }
    }
    return written
  }

  /// How many bytes, in whole lines, go into the file as it is; a line longer than a whole file
  /// gets one for itself.
  private func fitting(_ rest: UnsafeRawBufferPointer) -> Int {
    if maximalBytes == 0 || size + rest.count <= maximalBytes { return rest.count }
    let room = max(maximalBytes - size, 0)
    if let end = rest.prefix(room).lastIndex(of: UInt8(ascii: "\n")) { return end + 1 }
    if size > 0 { return 0 }
    return rest.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? rest.count
  }

  private func rotate() -> Bool {
    if !isStillAtPath() {
      // The instance of another generation was faster.
      close()
      return open()
    }
    if backups == 0 {
      _ = unlink(path)
    } else {
      // The oldest is overwritten by the rename onto it.
      for number in stride(from: backups - 1, through: 1, by: -1) {
        _ = rename("\(path).\(number)", "\(path).\(number + 1)")
      }
      if rename(path, "\(path).1") != 0 {
        problem = String(cString: strerror(errno))
        return false
      }
    }
    close()
    return open()
  }

  private func open() -> Bool {
    descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
    var facts = stat()
    guard descriptor >= 0, fstat(descriptor, &facts) == 0 else {
      problem = String(cString: strerror(errno))
      return false
    }
    size = Int(facts.st_size)
    return true
  }

  private func close() {
    if descriptor < 0 { return }
    _ = Glibc.close(descriptor)
    descriptor = -1
  }

  private func isStillAtPath() -> Bool {
    var ours = stat()
    var theirs = stat()
    guard fstat(descriptor, &ours) == 0, stat(path, &theirs) == 0 else { return false }
    // Another instance may append too, and somebody may have truncated it.
    size = Int(ours.st_size)
    return ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev
  }
}
