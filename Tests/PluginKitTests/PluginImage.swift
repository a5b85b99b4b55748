import CLLMProxyPlugin
import Glibc
import Testing

/// A plugin file, opened as the host opens it.
struct PluginImage {
  let module: UnsafePointer<llmp_module_t>

  /// The folder that holds this test program, and the plugins of the same build.
  static let folder: String = {
    var path = [CChar](repeating: 0, count: 4096)
    let length = readlink("/proc/self/exe", &path, path.count)
    let text = String(decoding: path.prefix(max(length, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return text.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
  }()

  /// A plugin of this build.
  init(_ name: String) throws { try self.init(path: "\(Self.folder)/lib\(name).so") }

  init(path: String) throws {
    let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | Int32(RTLD_NODELETE))
    let image = try #require(handle, "\(path): \(dlerror().map { String(cString: $0) } ?? "")")
    let symbol = try #require(dlsym(image, LLMP_ENTRY_SYMBOL))
    let entry = unsafeBitCast(symbol, to: llmp_entry_fn.self)
    var loader = llmp_loader_t()
    loader.struct_size = UInt32(MemoryLayout<llmp_loader_t>.size)
    loader.abi_major = UInt32(LLMP_ABI_MAJOR)
    loader.abi_minor = UInt32(LLMP_ABI_MINOR)
    module = try #require(entry(&loader))
  }
}
