public import ProxyCore

/// Settings that cannot be used: every mistake that was found, not only the first.
public struct ConfigurationRefusal: Error, Sendable, Equatable, CustomStringConvertible {
  /// The mistakes in the order in which they were found; never empty.
  public var errors: [ConfigurationError]

  /// One line for each mistake.
  public var description: String { errors.map(\.description).joined(separator: "\n") }
}
