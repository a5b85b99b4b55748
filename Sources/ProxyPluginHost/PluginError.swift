/// Why a plugin, a stage or a whole generation was refused, and what to do about it.
///
/// The text is for the person who runs the proxy: it names the file or the stage, the value that was seen
/// and the remedy. It is never sent to a client.
public struct PluginError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Which check said no.
  public enum Kind: String, Sendable {
    /// Opening, ownership, permissions, reading, copying.
    case file
    /// `plugins.trust`: a hash that is not pinned, a trust mode that is not there.
    case trust
    /// The ELF file as it lies on disk; none of its code has run.
    case image
    /// The entry function and the descriptor it returned.
    case descriptor
    /// Sound, but of a kind or with a flag that this host version does not serve.
    case unserved
    /// A stage's configuration: schema, `validate`, unknown `use`, services.
    case configuration
    /// The order of the chain: provides, consumes, duplicates.
    case chain
    /// `module_open`, `create`, `reconfigure` or `start` returned an error.
    case start
  }

  /// The part of the configuration an error belongs to, so that the caller can add file and line.
  public enum Place: Equatable, Sendable {
    /// Index in `pipeline`.
    case stage(Int)
    /// Index in the ordered list of APIs.
    case provider(Int)
  }

  /// Which check said no.
  public var kind: Kind
  /// File name of the plugin, or the stage as `pipeline[0] "limits"`.
  public var subject: String
  /// What is wrong, with the value that was seen.
  public var problem: String
  /// What to do.
  public var remedy: String
  /// Where in the configuration, when the error belongs to one stage or provider.
  public var place: Place?

  /// Creates an error; texts are lower case, without a final full stop.
  public init(_ kind: Kind, _ subject: String, _ problem: String, remedy: String, place: Place? = nil) {
    self.kind = kind
    self.subject = subject
    self.problem = problem
    self.remedy = remedy
    self.place = place
  }

  /// `subject: problem; remedy`.
  public var description: String { "\(subject): \(problem); \(remedy)" }

  /// The same error as seen from a stage or provider of the configuration.
  func at(_ place: Place, _ name: String) -> PluginError {
    PluginError(kind, name, "\(subject): \(problem)", remedy: remedy, place: place)
  }
}

/// Something an operator should know about a plugin that was accepted all the same.
public struct PluginWarning: Equatable, Sendable, CustomStringConvertible {
  /// File name of the plugin, or the stage as `pipeline[0] "limits"`.
  public var subject: String
  /// One sentence: what was seen and what it leads to.
  public var text: String

  /// Creates a warning.
  public init(_ subject: String, _ text: String) {
    self.subject = subject
    self.text = text
  }

  /// `subject: text`.
  public var description: String { "\(subject): \(text)" }
}
