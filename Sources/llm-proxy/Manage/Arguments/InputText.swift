import Glibc

/// Texts from outside, in bounded length.
enum InputText {
  /// More is not taken.
  static let limitBytes = 1 << 20

  /// A whole file.
  static func file(_ path: String) throws(CommandFailure) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw CommandFailure(.usage, "cannot read \(path): \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    return try all(descriptor, named: path, limitBytes: limitBytes)
  }

  /// All that a descriptor gives.
  static func all(_ descriptor: Int32, named name: String, limitBytes: Int) throws(CommandFailure) -> String {
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = read(descriptor, &piece, piece.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else {
        throw CommandFailure(.usage, "cannot read \(name): \(String(cString: strerror(errno)))")
      }
      guard count > 0 else { break }
      bytes += piece[..<count]
      guard bytes.count <= limitBytes else {
        throw CommandFailure(.usage, "\(name) is larger than \(limitBytes) bytes")
      }
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw CommandFailure(.usage, "\(name) is not UTF-8 text")
    }
    return text
  }

  /// The first line of standard input.
  static func line() throws(CommandFailure) -> String {
    guard let line = readLine() else { throw CommandFailure(.usage, "there is no line on standard input") }
    return line
  }
}
