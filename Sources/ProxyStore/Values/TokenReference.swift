public import ProxyCore

/// How management names a token: by its id or by the secret itself.
public enum TokenReference: Sendable {
  /// UUID text.
  case id(String)
  /// What the client presents.
  case secret(Secret)

  /// Reads a path component: a text in the form of a secret is one, anything else is an id.
  public init(pathComponent text: String) {
    self = TokenSecret.isWellFormed(text) ? .secret(Secret(text)) : .id(text)
  }
}
