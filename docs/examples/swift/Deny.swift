public import CLLMProxyPlugin
import LLMProxyPluginKit

/// Refuses requests for models whose names begin with `prefix`.
final class Deny: Middleware, RequestBodyHook {
  static let name = "deny"
  static let consumes = ["llmp.model"]
  private let prefix: String

  init(config: PluginConfig, host: Host) throws(PluginFailure) {
    try config.allowOnly(["prefix"])
    prefix = try config.string("prefix", default: "gpt-3.5")
  }

  func requestBody(_ request: Request) throws -> Verdict {
    guard let model = request.metadata(.model), model.hasPrefix(prefix) else { return .continue }
    return try request.respondError(403, code: "model_not_allowed", message: "This model is retired.")
  }
}

private let plugin = Plugin(id: "org.example.deny-swift", version: "1.0.0", Deny.self)

// swift-format-ignore: AlwaysUseLowerCamelCase
/// The one function that the proxy looks for.
@c @implementation
public func llm_proxy_plugin_entry_v0(
  _ loader: UnsafePointer<llmp_loader_t>?
) -> UnsafePointer<llmp_module_t>? {
  plugin.module(for: loader)
}
