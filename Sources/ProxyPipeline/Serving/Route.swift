public import ProxyConfig
import ProxyCore
public import ProxyPluginHost
public import ProxyTransport

/// One API as exchanges are carried to it: the adapter, the origin and the bounds on waiting.
///
/// A class, so that handing it round costs one reference and not one for each field.
public final class Route: Sendable {
  /// Name under `apis:`.
  public let name: StableText
  /// The adapter's instance.
  public let provider: ProviderInstance
  /// Where connections go.
  public let target: UpstreamTarget
  let basePath: [UInt8]
  let baseURL: StableText
  let hostHeader: StableText
  let authority: StableText
  let apiKey: Secret?
  let firstByteTimeout: UInt64
  let idleTimeout: UInt64
  let totalTimeout: UInt64
  /// From dispatch to the answer's first byte, all attempts together.
  let requestTimeout: UInt64
  /// Whether the adapter itself reads the request's body.
  let readsBody: Bool

  /// Creates a route.
  public init(_ api: APISettings, provider: ProviderInstance, target: UpstreamTarget) {
    name = StableText(api.name)
    self.provider = provider
    self.target = target
    basePath = Array(api.baseURL.basePath.utf8)
    baseURL = StableText(api.baseURL.description)
    hostHeader = StableText(String(decoding: target.hostHeader, as: UTF8.self))
    authority = StableText(target.authority)
    apiKey = api.apiKey
    firstByteTimeout = Self.nanoseconds(api.timeouts.responseHeader)
    idleTimeout = Self.nanoseconds(api.timeouts.idle)
    readsBody = provider.facts.consumes.contains("llmp.model")
    requestTimeout = Self.nanoseconds(api.timeouts.firstByte)
    totalTimeout = Self.nanoseconds(api.timeouts.total)
  }

  /// 0 means no bound.
  static func nanoseconds(_ duration: Duration?) -> UInt64 {
    guard let duration else { return 0 }
    let (seconds, attoseconds) = duration.components
    return UInt64(max(0, seconds)) * 1_000_000_000 + UInt64(max(0, attoseconds) / 1_000_000_000)
  }
}
