import Glibc

/// Lines that a user types, or a script sends, on standard input. Belongs to one thread.
final class LineReader {
  /// A longer line is not taken.
  private static let limitBytes = 1 << 20

  private let interruption: Interruption
  private var waiting: [UInt8] = []
  private var isEnded = false

  /// Reads until Ctrl-C, which `interruption` tells of.
  init(_ interruption: Interruption) {
    self.interruption = interruption
  }

  /// Shows a prompt and gives the next line without its end; `nil` at the end of input. Throws `interrupted`.
  func line(_ prompt: String) throws(CommandFailure) -> String? {
    Console.prompt(prompt)
    while true {
      if let end = waiting.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: waiting[..<end], as: UTF8.self)
        waiting.removeSubrange(...end)
        return line
      }
      if isEnded {
        guard !waiting.isEmpty else { return nil }
        defer { waiting = [] }
        return String(decoding: waiting, as: UTF8.self)
      }
      try fill()
    }
  }

  /// The same without showing what is typed.
  func hiddenLine(_ prompt: String) throws(CommandFailure) -> String? {
    var kept = termios()
    guard tcgetattr(STDIN_FILENO, &kept) == 0 else { return try line(prompt) }
    var silent = kept
    silent.c_lflag &= ~tcflag_t(ECHO)
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
    defer {
      tcsetattr(STDIN_FILENO, TCSAFLUSH, &kept)
      // The line end was not shown either.
      Console.prompt("\n")
    }
    return try line(prompt)
  }

  private func fill() throws(CommandFailure) {
    if interruption.wait(orReadable: STDIN_FILENO) { throw .interrupted }
    var piece = [UInt8](repeating: 0, count: 4_096)
    let count = read(STDIN_FILENO, &piece, piece.count)
    if count < 0 && errno == EINTR { return }
    if count <= 0 { isEnded = true } else { waiting += piece[..<count] }
    guard waiting.count <= Self.limitBytes else {
      throw CommandFailure(.usage, "a line of standard input is longer than \(Self.limitBytes) bytes")
    }
  }
}
