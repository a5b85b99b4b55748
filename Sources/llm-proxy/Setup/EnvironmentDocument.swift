import Glibc
import ProxyConfig
import ProxyCore

/// The lines of a `.env` file, and how it is written.
struct EnvironmentDocument {
  private var lines: [String] = []
  /// `ENCRYPTION_KEY` of the file: without it, what it sealed is lost.
  private(set) var encryptionKey: Secret?

  private static let heading = "# Written by `llm-proxy setup`. It holds secrets: keep it private."

  /// Reads a file; a missing one is empty. Throws when it is malformed, so that nothing of it is lost.
  static func read(_ path: String) throws -> EnvironmentDocument {
    var document = EnvironmentDocument()
    guard access(path, F_OK) == 0 else { return document }
    var environment = Environment([:])
    try environment.addFile(named: path)
    document.encryptionKey = environment["ENCRYPTION_KEY"].map { Secret($0) }
    let text = try InputText.file(path)
    document.lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    while document.lines.last == "" { document.lines.removeLast() }
    return document
  }

  /// The document with these variables at its beginning, and whatever else the old one had.
  func replaced(with variables: [(String, String)]) -> EnvironmentDocument {
    let names = Set(variables.map(\.0))
    var result = self
    let kept = lines.filter { line in
      !names.contains(Self.name(in: line)) && line != Self.heading
    }
    result.lines = [Self.heading] + variables.map { "\($0)=\(Self.quoted($1))" } + kept
    return result
  }

  private static func name(in line: String) -> String {
    var rest = line.drop { $0 == " " || $0 == "\t" }
    if rest.hasPrefix("export ") { rest = rest.dropFirst(7).drop { $0 == " " } }
    return String(rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" })
  }

  /// A value as the reader of such files takes it back.
  static func quoted(_ value: String) -> String {
    let isPlain = value.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: "_./:@%+=,-[]".utf8.contains(byte)
      }
    }
    if isPlain { return value }
    if !value.contains("'") { return "'\(value)'" }
    let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing(
      "$", with: "\\$")
    return "\"\(escaped)\""
  }

  /// Writes the document beside `path`, readable by its owner only from the first moment.
  func prepare(at path: String) throws(CommandFailure) -> Writing {
    let temporary = "\(path).new-\(getpid())"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw Self.failure(path) }
    defer { close(descriptor) }
    let bytes = Array((lines.joined(separator: "\n") + "\n").utf8)
    guard write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0 else {
      let failure = Self.failure(path)
      unlink(temporary)
      throw failure
    }
    return Writing(temporary: temporary, path: path)
  }

  /// A file that is written and not yet in its place.
  struct Writing {
    fileprivate let temporary: String
    fileprivate let path: String

    /// Puts it there in one step.
    func commit() throws(CommandFailure) {
      guard rename(temporary, path) == 0 else { throw EnvironmentDocument.failure(path) }
    }

    /// Forgets it.
    func discard() { unlink(temporary) }
  }

  private static func failure(_ path: String) -> CommandFailure {
    CommandFailure(.failure, "cannot write \(path): \(String(cString: strerror(errno)))")
  }
}
