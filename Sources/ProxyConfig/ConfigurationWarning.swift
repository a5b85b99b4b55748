/// Something in the settings that is accepted, but perhaps not what the operator meant.
public struct ConfigurationWarning: Sendable, Equatable, CustomStringConvertible {
  /// The file, or `environment`.
  public var file: String
  /// Line in `file` counted from 1, if it has lines.
  public var line: Int?
  /// The setting or variable.
  public var key: String
  /// What is odd and what follows from it.
  public var message: String

  /// `file:line: key: message`.
  public var description: String {
    var text = file
    if let line { text += ":\(line)" }
    return "\(text): \(key): \(message)"
  }
}
