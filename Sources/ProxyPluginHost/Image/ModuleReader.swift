import CLLMProxyPlugin

/// Step 7 of loading: reads and judges what the entry function returned.
struct ModuleReader {
  let file: String
  let imagePath: String
  let sha256: String
  let stamp: PluginStamp

  private var reader: DescriptorReader { DescriptorReader(file: file) }

  /// Reads the module and all its components.
  ///
  /// - Throws: the first reason to refuse it.
  func read(
    _ pointer: UnsafePointer<llmp_module_t>
  ) throws(PluginError) -> (llmp_module_t, ComponentFacts, [PluginComponent]) {
    try checkMajor(pointer)
    let module = try reader.copy(UnsafeRawPointer(pointer), into: llmp_module_t(), what: "module descriptor")
    guard module.min_host_minor <= UInt32(LLMP_ABI_MINOR) else {
      throw PluginStamp.tooNew(file, module.min_host_minor)
    }
    let facts = try facts(module)
    try checkStamp(module, facts)
    guard module.n_components > 0 else {
      throw reader.failure("has no components", "list at least one in components and n_components")
    }
    guard let list = module.components, module.n_components <= UInt32(DescriptorReader.listLimit) else {
      throw reader.failure(
        "says n_components = \(module.n_components)"
          + (module.components == nil ? " but components is NULL" : ""),
        "set components and n_components together")
    }
    var parts: [PluginComponent] = []
    for index in 0..<Int(module.n_components) {
      guard let entry = list[index] else {
        throw reader.failure("component [\(index)] is NULL", "fill the array, or lower n_components")
      }
      let part = try PluginComponent(entry, index: index, module: facts, file: file)
      guard !parts.contains(where: { $0.facts.name == part.facts.name }) else {
        throw reader.failure("has two components \"\(part.facts.name)\"", "give each its own name")
      }
      parts.append(part)
    }
    // A module may hold kinds for newer hosts beside those we serve; one with nothing for us is refused.
    if case .unserved(let error) = parts[0].hooks,
      parts.allSatisfy({ if case .unserved = $0.hooks { true } else { false } })
    {
      throw error
    }
    return (module, facts, parts)
  }

  /// The major comes before everything else: with another one, not even the layout of the rest is known.
  private func checkMajor(_ pointer: UnsafePointer<llmp_module_t>) throws(PluginError) {
    let raw = UnsafeRawPointer(pointer)
    guard raw.loadUnaligned(as: UInt32.self) >= 8 else { return }  // too short for it; refused by the size
    let major = raw.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
    guard major == UInt32(LLMP_ABI_MAJOR) else {
      throw reader.failure(
        "descriptor says ABI major \(major), this host speaks \(LLMP_ABI_MAJOR)",
        "rebuild it against llm_proxy_plugin.h of this host")
    }
  }

  private func facts(_ module: llmp_module_t) throws(PluginError) -> ComponentFacts {
    let facts = ComponentFacts(
      file: file, imagePath: imagePath, sha256: sha256,
      moduleID: try reader.text(module.id, what: "module id"),
      moduleVersion: try reader.text(module.version, what: "module version"),
      abiMinor: module.abi_minor,
      runtime: try reader.text(module.runtime, what: "module runtime"),
      vendor: try reader.text(module.vendor, what: "module vendor"),
      license: try reader.text(module.license, what: "module license"),
      build: try reader.text(module.build, what: "module build"),
      name: "", summary: "", kind: 0, flags: 0, provides: [], consumes: [], services: [])
    for (what, text) in [
      ("id", facts.moduleID), ("version", facts.moduleVersion), ("runtime", facts.runtime),
    ]
    where text.isEmpty {
      throw reader.failure("module \(what) is empty", "set llmp_module_t.\(what)")
    }
    guard !facts.moduleID.contains("/") else {
      throw reader.failure(
        "module id \"\(facts.moduleID)\" holds a \"/\"", "use reverse DNS, e.g. com.example.guard")
    }
    return facts
  }

  private func checkStamp(_ module: llmp_module_t, _ facts: ComponentFacts) throws(PluginError) {
    let pairs = [
      ("abi", "\(stamp.abiMajor).\(stamp.abiMinor)", "\(module.abi_major).\(module.abi_minor)"),
      ("min", "\(stamp.minHostMinor)", "\(module.min_host_minor)"),
      ("id", stamp.id, facts.moduleID),
      ("version", stamp.version, facts.moduleVersion),
      ("runtime", stamp.runtime, facts.runtime),
    ]
    for (what, stamped, described) in pairs where stamped != described {
      throw reader.failure(
        "stamp and descriptor disagree: \(what) is \"\(stamped)\" in the stamp, "
          + "\"\(described)\" in the descriptor",
        "write the same in LLMP_STAMP and llmp_module_t")
    }
  }
}
