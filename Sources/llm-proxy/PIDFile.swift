import ArgumentParser
import Glibc

/// The file that holds the id of the serving process while it runs.
struct PIDFile {
  private let path: String

  /// Writes the id of this process; makes the file's folder when it is absent.
  ///
  /// Throws an exit code, after saying why, when the file cannot be written.
  init(writingTo path: String) throws(ExitCode) {
    self.path = path
    if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
      // It usually exists; whether the file can be written is what counts.
      _ = mkdir(String(path[..<slash]), 0o755)
    }
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    let text = Array("\(getpid())\n".utf8)
    guard descriptor >= 0, write(descriptor, text, text.count) == text.count else {
      Console.error("cannot write the pid file \(path): \(String(cString: strerror(errno)))")
      throw .failure
    }
    close(descriptor)
  }

  /// Removes the file; one that is gone already is as good.
  func remove() { _ = unlink(path) }
}
