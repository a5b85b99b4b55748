/// Why a request got no answer: a sentence that names the server and what to do, and never a secret.
public struct ClientFailure: Error, Sendable, Equatable, CustomStringConvertible {
  /// What kind of reason it is.
  public enum Kind: String, Sendable, CaseIterable {
    /// The request or the settings cannot be used; nothing was sent.
    case unusable
    /// No connection: no such name, nobody listens, no way there.
    case unreachable
    /// There was a time limit.
    case timedOut
    /// The server's certificate does not prove that it is the server.
    case untrusted
    /// The connection ended before the answer did, or the answer is not HTTP.
    case broken
    /// The answer is larger than what is taken.
    case tooLarge
    /// The user interrupted it, or the receiver of the body wanted no more.
    case interrupted
  }

  /// What kind of reason it is.
  public let kind: Kind
  /// The sentence.
  public let description: String

  /// Makes a failure of its parts.
  public init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }
}
