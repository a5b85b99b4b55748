import Glibc

/// Standard output in larger pieces, for commands that print much.
///
/// Belongs to one thread. Nothing is written after `flush` has thrown: whoever read the output has gone.
final class OutputWriter {
  private static let pieceBytes = 32_768
  private let descriptor: Int32
  private var waiting: [UInt8] = []

  /// Writes to `descriptor`.
  init(_ descriptor: Int32 = STDOUT_FILENO) {
    self.descriptor = descriptor
    // A reader that has gone is told by the write and not by a signal.
    signal(SIGPIPE, SIG_IGN)
  }

  /// Adds text.
  func write(_ text: String) throws(CommandFailure) {
    waiting.append(contentsOf: text.utf8)
    if waiting.count >= Self.pieceBytes { try flush() }
  }

  /// Adds a line.
  func line(_ text: String = "") throws(CommandFailure) { try write(text + "\n") }

  /// Writes what waits.
  func flush() throws(CommandFailure) {
    var bytes = waiting[...]
    waiting = []
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      if count < 0 && errno == EPIPE { throw .outputClosed }
      guard count > 0 else {
        throw CommandFailure(.failure, "cannot write the output: \(String(cString: strerror(errno)))")
      }
      bytes = bytes.dropFirst(count)
    }
  }
}
