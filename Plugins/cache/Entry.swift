public import CLLMProxyPlugin
internal import LLMProxyPluginKit

private let plugin = Plugin(
  id: "org.llm-proxy.cache", version: "0.1.0", vendor: "llm-proxy", ResponseCache.self)

// swift-format-ignore: AlwaysUseLowerCamelCase
/// The one exported function.
@c @implementation
public func llm_proxy_plugin_entry_v0(
  _ loader: UnsafePointer<llmp_loader_t>?
) -> UnsafePointer<llmp_module_t>? {
  plugin.module(for: loader)
}
