import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Where the application's log lines go: standard output or a file that rotates. Any thread.
///
/// Lines are few (one exchange writes none here), so each is one write under a lock: a line that was logged is in
/// the file when the process dies right after.
public final class LogOutput: Sendable {
  private struct State {
    var descriptor: Int32
    var size: UInt64
  }

  private let path: String?
  private let maxBytes: UInt64
  private let maxBackups: Int
  private let state: Mutex<State>

  /// Opens the output.
  ///
  /// - Parameters:
  ///   - path: appended to, created with mode 0640; nil for standard output.
  ///   - maxBytes: the file is rotated before it grows beyond this; 0 for never.
  ///   - maxBackups: rotated files kept as `path.1`, `path.2`, ….
  /// - Returns: nil with `errno` set when the file cannot be opened.
  public init?(path: String?, maxBytes: UInt64 = 0, maxBackups: Int = 0) {
    self.path = path
    self.maxBytes = maxBytes
    self.maxBackups = maxBackups
    guard let path else {
      state = Mutex(State(descriptor: STDOUT_FILENO, size: 0))
      return
    }
    guard let opened = Self.open(path) else { return nil }
    state = Mutex(opened)
  }

  deinit {
    if path != nil { state.withLock { _ = close($0.descriptor) } }
  }

  private static func open(_ path: String) -> State? {
    let descriptor = Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
    guard descriptor >= 0 else { return nil }
    var status = stat()
    fstat(descriptor, &status)
    return State(descriptor: descriptor, size: UInt64(status.st_size))
  }

  /// Writes one line; the line break is added.
  public func write(line: String) {
    let bytes = Array((line + "\n").utf8)
    state.withLock { state in
      if let path, maxBytes > 0, state.size > 0, state.size + UInt64(bytes.count) > maxBytes {
        rotate(path, &state)
      }
      var written = 0
      while written < bytes.count {
        let count = bytes.withUnsafeBytes {
          Glibc.write(state.descriptor, $0.baseAddress.map { $0 + written }, bytes.count - written)
        }
        if count < 0, errno == EINTR { continue }
        // A full disk must not stop traffic: the line is lost, the process goes on.
        guard count > 0 else { break }
        written += count
      }
      state.size += UInt64(written)
    }
  }

  private func rotate(_ path: String, _ state: inout State) {
    if maxBackups > 0 {
      for number in stride(from: maxBackups - 1, through: 1, by: -1) {
        rename("\(path).\(number)", "\(path).\(number + 1)")
      }
      rename(path, "\(path).1")
    } else {
      unlink(path)
    }
    guard let opened = Self.open(path) else { return }
    close(state.descriptor)
    state = opened
  }
}
