/// A setting that cannot be used: where it stands, what is wrong with it and what to do about it.
///
/// Thrown while settings are read and while a generation of stages is built, never while traffic runs.
/// The text is for the operator's terminal and never contains the value of a secret.
public struct ConfigurationError: Error, Sendable, Equatable {
  /// The file as the operator named it, or the name of another source ("environment", "command line").
  public var file: String
  /// Line in `file`, counted from 1; `nil` where the source has no lines.
  public var line: Int?
  /// The setting as a path from the top of its source (`apis.openai.base_url`) or a variable's name; may be empty.
  public var key: String
  /// What is wrong, as a clause that can follow the key.
  public var problem: String
  /// What to do about it; may be empty.
  public var remedy: String

  /// Makes an error from its parts.
  public init(file: String, line: Int? = nil, key: String = "", problem: String, remedy: String = "") {
    self.file = file
    self.line = line
    self.key = key
    self.problem = problem
    self.remedy = remedy
  }
}

extension ConfigurationError: CustomStringConvertible {
  /// `file:line: key: problem; remedy`, without the parts that are absent.
  public var description: String {
    var text = file
    if let line { text += ":\(line)" }
    if !text.isEmpty { text += ": " }
    if !key.isEmpty { text += "\(key): " }
    text += problem
    if !remedy.isEmpty { text += "; \(remedy)" }
    return text
  }
}
