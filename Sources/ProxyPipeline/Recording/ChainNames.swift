/// What the parts of a generation are called; outlives the generation in the records of its exchanges.
public final class ChainNames: Sendable {
  /// A stage, or an API with its adapter.
  public struct Part: Sendable {
    /// Name in the configuration.
    public var name: String
    /// Id of the module behind it.
    public var plugin: String
  }

  /// The stages, in order.
  public let stages: [Part]
  /// The APIs, in order.
  public let routes: [Part]

  /// Takes the names as they are.
  public init(stages: [Part], routes: [Part]) {
    self.stages = stages
    self.routes = routes
  }
}
