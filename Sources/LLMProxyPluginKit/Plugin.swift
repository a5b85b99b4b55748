public import CLLMProxyPlugin

/// The descriptor of a shared library: who it is and which components it holds.
///
/// Keep one in a global constant and hand it out from the one exported function:
/// ```swift
/// private let plugin = Plugin(id: "org.example.deny", version: "1.0.0", DenyModel.self)
///
/// @c @implementation
/// public func llm_proxy_plugin_entry_v0(
///   _ loader: UnsafePointer<llmp_loader_t>?
/// ) -> UnsafePointer<llmp_module_t>? { plugin.module(for: loader) }
/// ```
public struct Plugin: @unchecked Sendable {
  // Written once here, never changed or freed: the host may read it as long as the image is mapped.
  private let descriptor: UnsafePointer<llmp_module_t>

  /// Describes the library. An image holds at most 16 components.
  ///
  /// - Parameters:
  ///   - id: reverse DNS, `org.example.deny`.
  ///   - version: semantic version of the plugin.
  ///   - runtime: `ToolchainVersion.staticRuntime` when linked with `-static-stdlib`.
  ///   - components: the middleware types; each with a name of its own.
  public init(
    id: String, version: String, vendor: String = "", license: String = "",
    runtime: String = ToolchainVersion.sharedRuntime, _ components: any Middleware.Type...
  ) {
    let described = components.compactMap(ComponentDescriptor.make)
    var module = llmp_module_t()
    module.struct_size = UInt32(MemoryLayout<llmp_module_t>.size)
    module.abi_major = UInt32(LLMP_ABI_MAJOR)
    module.abi_minor = UInt32(LLMP_ABI_MINOR)
    module.id = Permanent.text(id)
    module.version = Permanent.text(version)
    module.vendor = Permanent.text(vendor)
    module.license = Permanent.text(license)
    module.build = Permanent.text("Swift \(ToolchainVersion.compiler)")
    module.runtime = Permanent.text(runtime)
    module.n_components = UInt32(described.count)
    module.components = Permanent.array(described)
    descriptor = Permanent.value(module)
  }

  /// The answer of the entry function: the descriptor, or nil for a loader that this plugin cannot
  /// work with. The same pointer each time.
  public func module(for loader: UnsafePointer<llmp_loader_t>?) -> UnsafePointer<llmp_module_t>? {
    guard let loader, loader.pointee.abi_major == UInt32(LLMP_ABI_MAJOR) else { return nil }
    return descriptor
  }
}

/// Memory for descriptors, given out once and never given back.
enum Permanent {
  static func value<Value>(_ value: Value) -> UnsafePointer<Value> {
    let memory = UnsafeMutablePointer<Value>.allocate(capacity: 1)
    memory.initialize(to: value)
    return UnsafePointer(memory)
  }

  static func array<Value>(_ values: [Value]) -> UnsafePointer<Value>? {
    if values.isEmpty { return nil }
    let memory = UnsafeMutableBufferPointer<Value>.allocate(capacity: values.count)
    _ = memory.initialize(from: values)
    return memory.baseAddress.map { UnsafePointer($0) }
  }

  static func text(_ text: String) -> llmp_str_t {
    let bytes = text.utf8.map { CChar(bitPattern: $0) }
    return llmp_str_t(ptr: array(bytes), len: bytes.count)
  }
}
