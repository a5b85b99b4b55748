import CLLMProxyPlugin
import Glibc

extension ELFFile {
  /// The static half of loading, step 3: refuses what must not reach `dlopen`, warns about what may.
  ///
  /// - Returns: the stamp, and what an operator should know.
  func check(file: String, swiftVersion: String) throws(PluginError) -> (PluginStamp, [PluginWarning]) {
    func failure(_ problem: String, _ remedy: String) -> PluginError {
      PluginError(.image, file, problem, remedy: remedy)
    }
    guard type == 3, !isExecutable else {
      throw failure("is not a shared library (e_type \(type))", "link it with -shared")
    }
    try checkEntry(file)
    guard !hasExecutableStack else {
      throw failure(
        "asks for an executable stack", "link with -z noexecstack; assembler files need .note.GNU-stack")
    }
    guard !hasTextRelocations else {
      throw failure("has text relocations (TEXTREL)", "compile with -fPIC and link with -z text")
    }
    for path in searchPaths where !path.hasPrefix("/") && !path.hasPrefix("$ORIGIN") {
      throw failure(
        "has the relative search path \"\(path)\" (RPATH or RUNPATH), which depends on the current directory",
        "link with an absolute -rpath, or none")
    }
    try checkGlibc(file)
    guard let stamp else {
      throw failure("has no .llmp.stamp section", PluginStamp.remedy)
    }
    let claims = try PluginStamp(stamp, file: file)
    try claims.check(file: file, swiftVersion: swiftVersion)
    return (claims, warnings(file) + claims.warnings(file: file))
  }

  private func checkEntry(_ file: String) throws(PluginError) {
    let count = exports.count { $0 == LLMP_ENTRY_SYMBOL }
    guard count == 0 else { return }
    let other = exports.first { $0.hasPrefix("llm_proxy_plugin_entry_v") }
    throw PluginError(
      .image, file,
      other.map { "exports \($0), this host calls \(LLMP_ENTRY_SYMBOL)" }
        ?? "exports no \(LLMP_ENTRY_SYMBOL)",
      remedy: other == nil
        ? "define it, with LLMP_EXPORT, as llm_proxy_plugin.h declares it"
        : "rebuild it against the llm_proxy_plugin.h of this host")
  }

  private func checkGlibc(_ file: String) throws(PluginError) {
    let ours = Self.glibcVersion
    for name in neededVersions where name.hasPrefix("GLIBC_2.") {
      let needed = Self.numbers(name.dropFirst(6))
      if !ours.isEmpty, ours.lexicographicallyPrecedes(needed) {
        throw PluginError(
          .image, file,
          "needs \(name), this machine has glibc \(ours.map(String.init).joined(separator: "."))",
          remedy: "build it on a distribution that is not newer than this one")
      }
    }
  }

  private func warnings(_ file: String) -> [PluginWarning] {
    var found: [PluginWarning] = []
    if hasStaticTLS {
      found.append(
        PluginWarning(
          file,
          "uses static thread-local storage (STATIC_TLS), of which a process has little: "
            + "with many plugins dlopen may fail"))
    }
    if hasUniqueSymbols {
      found.append(
        PluginWarning(
          file, "defines GNU_UNIQUE symbols, which all plugins share; compile with -fno-gnu-unique"))
    }
    let others = exports.filter { $0 != LLMP_ENTRY_SYMBOL }
    if !others.isEmpty {
      let names = others.prefix(3).joined(separator: ", ") + (others.count > 3 ? ", …" : "")
      found.append(
        PluginWarning(
          file,
          "exports \(exports.count) symbols, expected only \(LLMP_ENTRY_SYMBOL) (also \(names)); "
            + "build with -fvisibility=hidden or a version script"))
    }
    return found
  }

  /// Version of the C library that runs this process.
  static var glibcVersion: [Int] {
    var buffer = [CChar](repeating: 0, count: 64)
    // "glibc 2.36"
    let length = confstr(Int32(_CS_GNU_LIBC_VERSION), &buffer, buffer.count)
    guard length > 7, length <= buffer.count else { return [] }
    let text = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return numbers(text.dropFirst(6))
  }

  private static func numbers(_ text: Substring) -> [Int] {
    text.split(separator: ".").map { Int($0) ?? 0 }
  }
}

extension PluginStamp {
  /// What can be judged before any code runs: major, minor, runtime.
  func check(file: String, swiftVersion: String) throws(PluginError) {
    guard abiMajor == UInt32(LLMP_ABI_MAJOR) else {
      throw PluginError(
        .image, file, "was built for ABI major \(abiMajor), this host speaks \(LLMP_ABI_MAJOR)",
        remedy: "rebuild it against llm_proxy_plugin.h of this host")
    }
    guard minHostMinor <= UInt32(LLMP_ABI_MINOR) else { throw Self.tooNew(file, minHostMinor) }
    let words = runtime.split(separator: " ")
    if words.first == "swift-shared" {
      let version = words.dropFirst().first.map(String.init) ?? "unknown"
      guard version == swiftVersion else {
        throw PluginError(
          .image, file,
          "was built with the shared runtime of Swift \(version), this host runs on Swift \(swiftVersion), "
            + "and the runtime has one instance in a process",
          remedy: "rebuild it with Swift \(swiftVersion), or with -static-stdlib and runtime=swift-static")
      }
    }
  }

  static func tooNew(_ file: String, _ minor: UInt32) -> PluginError {
    PluginError(
      .image, file,
      "needs a host of ABI minor \(minor) or newer, this one is \(LLMP_ABI_MAJOR).\(LLMP_ABI_MINOR)",
      remedy: "update llm-proxy, or use a plugin version that asks for less")
  }

  func warnings(file: String) -> [PluginWarning] {
    let known: Set<Substring> = ["c", "c++", "rust", "zig", "swift-static", "swift-shared"]
    let word = runtime.split(separator: " ").first ?? ""
    if word == "go" {
      return [
        PluginWarning(
          file,
          "runs on the Go runtime: it starts threads, installs signal handlers and takes microseconds a hook")
      ]
    }
    return known.contains(word)
      ? [] : [PluginWarning(file, "names a runtime this host knows nothing about: \"\(runtime)\"")]
  }
}
