import CLLMProxyPlugin
import Glibc
import Synchronization

/// A loaded shared library: mapped, described, never unmapped.
///
/// `@unchecked Sendable`: values read once while loading; the count of open instances is behind a lock.
public final class PluginImage: @unchecked Sendable {
  /// File name in the plugin directory when it was loaded first.
  public let file: String
  /// The private copy that is mapped.
  public let imagePath: String
  /// SHA-256, 64 lower-case hexadecimal digits.
  public let sha256: String
  /// What the file claimed before it ran.
  public let stamp: PluginStamp
  /// What an operator should know; each was also reported to `PluginLibrary`'s `warn`.
  public let warnings: [PluginWarning]
  /// Facts of each component, in the order of the descriptor.
  public var components: [ComponentFacts] { parts.map(\.facts) }

  let parts: [PluginComponent]
  let moduleFacts: ComponentFacts
  private let module: llmp_module_t
  private let openModule = Mutex<OpenModule>(OpenModule())

  /// The state of `module_open`, alive while at least one instance is.
  private struct OpenModule: @unchecked Sendable {
    var instances = 0
    var state: UnsafeMutableRawPointer?
    var table: HostTable?
  }

  /// Runs the plugin's code for the first time: `dlopen`, then the entry function.
  init(
    file: PluginFile, stamp: PluginStamp, staticWarnings: [PluginWarning], imagePath: String,
    settings: PluginLibrary.Settings
  ) throws(PluginError) {
    let before = ProcessState()
    let module: UnsafePointer<llmp_module_t>
    let found: [PluginWarning]
    do {
      module = try Self.enter(file: file.name, imagePath: imagePath, settings: settings)
      found = before.restore(after: file.name)
    } catch {
      // A refused plugin may have changed a handler too, and its code stays mapped.
      _ = before.restore(after: file.name)
      throw error
    }
    let reader = ModuleReader(file: file.name, imagePath: imagePath, sha256: file.sha256, stamp: stamp)
    (self.module, moduleFacts, parts) = try reader.read(module)
    self.file = file.name
    self.imagePath = imagePath
    self.stamp = stamp
    sha256 = file.sha256
    warnings = staticWarnings + found + parts.flatMap(\.warnings)
  }

  private static func enter(
    file: String, imagePath: String, settings: PluginLibrary.Settings
  ) throws(PluginError) -> UnsafePointer<llmp_module_t> {
    // NOW: a missing symbol is our refusal, not a crash in the middle of a request. LOCAL: plugins do not see
    // each other. NODELETE: unmapping Swift images crashes the process.
    guard let handle = dlopen(imagePath, RTLD_NOW | RTLD_LOCAL | Int32(RTLD_NODELETE)) else {
      let reason = dlerror().map { String(cString: $0) } ?? "no reason given"
      throw PluginError(
        .image, file, "cannot be loaded: \(reason)",
        remedy:
          "install the missing library, link with -z defs, and keep the runtime directory off noexec mounts")
    }
    guard let symbol = dlsym(handle, LLMP_ENTRY_SYMBOL) else {
      throw PluginError(
        .image, file, "dlsym finds no \(LLMP_ENTRY_SYMBOL)", remedy: "define it with LLMP_EXPORT")
    }
    let entry = unsafeBitCast(
      symbol, to: (@convention(c) (UnsafePointer<llmp_loader_t>?) -> UnsafePointer<llmp_module_t>?).self)
    let name = StableText(settings.hostName)
    let version = StableText(settings.hostVersion)
    let path = StableText(imagePath)
    var loader = llmp_loader_t()
    loader.struct_size = UInt32(MemoryLayout<llmp_loader_t>.size)
    loader.abi_major = UInt32(LLMP_ABI_MAJOR)
    loader.abi_minor = UInt32(LLMP_ABI_MINOR)
    loader.host_name = name.slice
    loader.host_version = version.slice
    loader.image_path = path.slice
    let module = withExtendedLifetime((name, version, path)) { entry(&loader) }
    guard let module else {
      throw PluginError(
        .descriptor, file, "its entry function returned NULL: it cannot work with this host",
        remedy: "see the plugin's documentation, or use a build for ABI \(LLMP_ABI_MAJOR).\(LLMP_ABI_MINOR)")
    }
    return module
  }

  /// Opens the module for one more instance; the first one runs `module_open`.
  ///
  /// The lock is held while `module_open` and `module_close` run: they are serialized by the header, and a
  /// host function they may call never comes back here.
  func open(host: HostInterface) throws(PluginError) -> UnsafeMutableRawPointer? {
    let result: Result<UnsafeMutableRawPointer?, PluginError> = openModule.withLock { open in
      nonisolated(unsafe) var state = open.state
      if open.instances == 0, let function = module.module_open {
        let context = InstanceContext(
          name: moduleFacts.moduleID, facts: moduleFacts, generationNumber: 0, apis: APIList([]), grants: nil,
          host: host)
        let table = HostTable(context: context)
        let before = ProcessState()
        let outcome = PluginCall.run { error in
          context.setUp { function(table.pointer, &state, error) }
        }
        for warning in before.restoreSignals(after: file, during: "module_open ran") {
          host.log(context, LLMP_LOG_WARN, warning.description, "")
        }
        if let failure = outcome.failure(.start, file, "module_open") { return .failure(failure) }
        open.state = state
        open.table = table
      }
      open.instances += 1
      return .success(state)
    }
    return try result.get()
  }

  /// Gives back what `open` gave; the last instance runs `module_close`.
  func close() {
    openModule.withLock { open in
      open.instances -= 1
      guard open.instances == 0 else { return }
      module.module_close?(open.state)
      open.state = nil
      open.table = nil
    }
  }
}
