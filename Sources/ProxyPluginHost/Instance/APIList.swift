/// The APIs of one generation, at stable addresses: what `llmp.apis/1` lends to plugins.
public final class APIList: Sendable {
  /// One API.
  public struct Entry: Sendable {
    /// Name under `apis:`.
    public let name: StableText
    /// The whole block as JSON, without secrets.
    public let settingsJSON: StableText
  }

  /// In the order of the configuration; same indices as `Generation.providers`.
  public let entries: [Entry]

  init(_ plans: [ProviderPlan]) {
    entries = plans.map {
      Entry(name: StableText($0.apiName), settingsJSON: StableText($0.settingsJSON))
    }
  }
}
