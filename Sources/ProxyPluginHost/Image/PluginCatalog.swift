/// What lies in the plugin directories, by what the files claim; none of their code has run.
public struct PluginCatalog: Sendable {
  /// One acceptable file.
  public struct Entry: Sendable {
    /// Where it is.
    public let path: String
    /// File name.
    public let file: String
    /// 64 lower-case hexadecimal digits.
    public let sha256: String
    /// What it claims.
    public let stamp: PluginStamp
  }

  /// Acceptable files, sorted by directory and name.
  public internal(set) var entries: [Entry] = []
  /// Why the others were refused. Nothing to worry about until one of them is used.
  public internal(set) var refusals: [PluginError] = []
  let directories: [String]

  init(directories: [String]) { self.directories = directories }

  /// What a `use:` or `adapter:` refers to.
  struct Reference {
    /// As written.
    let text: String
    /// Module ids it may mean, most likely first.
    let modules: [String]
    let component: String

    /// - Throws: when the text has none of the accepted forms.
    init(stage text: String, place: PluginError.Place, subject: String) throws(PluginError) {
      let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
      if parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty {
        self.init(text: text, modules: [parts[0]], component: parts[1])
      } else if parts.count == 1, text.hasPrefix("core."), text.utf8.count > 5 {
        let name = String(text.dropFirst(5))
        self.init(
          text: text, modules: ["org.llm-proxy.\(name)", "org.llm-proxy.core.\(name)", "org.llm-proxy.core"],
          component: name)
      } else {
        throw PluginError(
          .configuration, subject, "use is \"\(text)\"",
          remedy: "write core.<component> or <module id>/<component>", place: place)
      }
    }

    /// - Throws: when the text has none of the accepted forms.
    init(adapter text: String, place: PluginError.Place, subject: String) throws(PluginError) {
      let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
      if parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty {
        self.init(text: text, modules: [parts[0]], component: parts[1])
      } else if parts.count == 1, !text.isEmpty {
        self.init(text: text, modules: ["org.llm-proxy.adapter.\(text)"], component: text)
      } else {
        throw PluginError(
          .configuration, subject, "adapter is \"\(text)\"",
          remedy: "write the name of an adapter, e.g. openai, or <module id>/<component>", place: place)
      }
    }

    private init(text: String, modules: [String], component: String) {
      self.text = text
      self.modules = modules
      self.component = component
    }
  }

  /// The file behind a reference.
  ///
  /// - Throws: when there is none, or two with the same id.
  func entry(
    _ reference: Reference, place: PluginError.Place, subject: String
  ) throws(PluginError) -> Entry {
    for module in reference.modules {
      let found = entries.filter { $0.stamp.id == module }
      guard let first = found.first else { continue }
      if let other = found.first(where: { $0.sha256 != first.sha256 }) {
        throw PluginError(
          .configuration, subject, "\(first.path) and \(other.path) both have the module id \(module)",
          remedy: "keep one of them in the plugin directories, or pin the one you mean", place: place)
      }
      return first
    }
    throw missing(reference, place: place, subject: subject)
  }

  private func missing(_ reference: Reference, place: PluginError.Place, subject: String) -> PluginError {
    let names = ["\(reference.component).so", "adapter-\(reference.component).so"]
    if let refusal = refusals.first(where: { names.contains($0.subject) }) {
      return refusal.at(place, subject)
    }
    let known = entries.map { Self.spelling($0.stamp.id) }
    let isAdapter: Bool = if case .provider = place { true } else { false }
    let spelled = known.filter { $0.isAdapter == isAdapter }.map(\.text)
    var problem = "\"\(reference.text)\" names no plugin in \(directories.joined(separator: ", "))"
    problem += NearestName.hint(reference.text, among: spelled)
    if !refusals.isEmpty {
      let first = refusals.prefix(2).map(\.description).joined(separator: ", ")
      problem += " (refused there: \(first)\(refusals.count > 2 ? ", …" : ""))"
    }
    return PluginError(
      .configuration, subject, problem,
      remedy: spelled.isEmpty
        ? "set plugins.dir to the directory that holds the plugins"
        : "there are: " + spelled.joined(separator: ", "),
      place: place)
  }

  /// How a configuration would spell a module, as far as the stamp tells.
  private static func spelling(_ id: String) -> (text: String, isAdapter: Bool) {
    let adapter = "org.llm-proxy.adapter."
    if id.hasPrefix(adapter) { return (String(id.dropFirst(adapter.count)), true) }
    for prefix in ["org.llm-proxy.core.", "org.llm-proxy."] where id.hasPrefix(prefix) {
      return ("core." + id.dropFirst(prefix.count), false)
    }
    return (id + "/…", false)
  }
}
