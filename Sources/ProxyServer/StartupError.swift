/// Why the program could not start: a sentence for the operator that names the setting and the remedy.
public struct StartupError: Error, Sendable, CustomStringConvertible {
  /// The sentence.
  public let description: String

  /// Creates an error.
  public init(_ description: String) {
    self.description = description
  }
}
