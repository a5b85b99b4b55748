/// Where a setting was written, for messages that appear after the files have been read.
public struct SourceLocation: Sendable, Equatable, CustomStringConvertible {
  /// The file as the operator named it, or `built-in defaults`.
  public var file: String
  /// Line counted from 1; 0 when the source has no lines.
  public var line: Int

  /// Makes a location from its parts.
  public init(file: String, line: Int) {
    self.file = file
    self.line = line
  }

  /// `file:line`, or `file` alone.
  public var description: String { line > 0 ? "\(file):\(line)" : file }
}
