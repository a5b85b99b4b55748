extension BootReader {
  /// Reads `plugins:`.
  func plugins() -> PluginSettings {
    let section = file?.section("plugins")
    var plugins = PluginSettings()
    plugins.directory = settings.text(
      "plugins.dir", in: section, variable: "LLM_PROXY_PLUGINS_DIR", default: standardDirectory())
    plugins.trust = settings.value("plugins.trust", in: section, default: plugins.trust, show: \.rawValue) {
      (text) throws(SettingProblem) in try SettingText.choice(text, of: PluginSettings.Trust.self)
    }
    plugins.runtimeDirectory = settings.text("plugins.runtime_dir", in: section)
    if let section, let node = section.node("files") {
      plugins.files = files(node, path: section.fullPath("files"), trust: plugins.trust)
    }
    if plugins.trust == .pinned, plugins.files.isEmpty, let section {
      settings.report.refuse(
        section.place, section.fullPath("files"), "trust is pinned, and no file is listed",
        "list each plugin with file and sha256")
    }
    return plugins
  }

  /// `plugins` beside the program's `bin` folder, or where `make install` puts them, or in the working
  /// directory.
  private func standardDirectory() -> String {
    let candidates = programFolder.map { ["\($0)/../plugins", "\($0)/../lib/llm-proxy/plugins"] } ?? []
    return candidates.first(where: isFolder) ?? PluginSettings().directory
  }

  private func files(_ node: YAMLNode, path: String, trust: PluginSettings.Trust) -> [PluginSettings.File] {
    let report = settings.report
    guard case .sequence(let items) = node.content else {
      report.refuse(
        node.place, path, "this is \(node.shape), not a list", "write a list: - { file: auth.so, sha256: … }")
      return []
    }
    var files: [PluginSettings.File] = []
    for (index, item) in items.enumerated() {
      guard let entry = Section(item, path: "\(path)[\(index)]", pattern: "plugins.files[]", report: report)
      else { continue }
      guard let name = entry.value("file", Self.fileName) else {
        if entry.node("file") == nil {
          report.refuse(item.place, entry.fullPath("file"), "this is required", "name the file")
        }
        continue
      }
      let digest = entry.value("sha256", Self.digest)
      if digest == nil, trust == .pinned, entry.node("sha256") == nil {
        report.refuse(
          item.place, entry.fullPath("sha256"), "trust is pinned, and this is not written",
          "add the output of: sha256sum \(name)")
      }
      if files.contains(where: { $0.name == name }) {
        report.refuse(
          item.place, entry.fullPath("file"), "\"\(name)\" is listed more than once", "keep one of them")
      }
      files.append(PluginSettings.File(name: name, sha256: digest, origin: item.place))
    }
    return files
  }

  private static func fileName(_ text: String) throws(SettingProblem) -> String {
    guard text.hasSuffix(".so"), !text.contains("/") else {
      throw SettingProblem(
        "is not the name of a plugin file", "write the name inside plugins.dir, such as auth.so")
    }
    return text
  }

  private static func digest(_ text: String) throws(SettingProblem) -> String {
    guard text.utf8.count == 64, text.allSatisfy({ $0.isASCII && $0.isHexDigit }) else {
      throw SettingProblem("is not a SHA-256", "write 64 hex digits, as sha256sum prints them")
    }
    return text.lowercased()
  }
}
