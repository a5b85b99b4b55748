import ProxyCore

/// A mapping of the configuration file whose keys are known, with typed access to its values.
///
/// Making one tells the report about every key that is not in `ConfigurationKey.all`.
struct Section {
  /// Where the mapping stands in the file: `apis.openai`.
  let path: String
  /// Where its keys stand in `ConfigurationKey.all`: `apis.*`.
  let pattern: String
  let place: SourceLocation
  let report: Report
  private let entries: [YAMLEntry]

  /// `nil`, after telling `report`, when `node` is no mapping.
  init?(_ node: YAMLNode, path: String, pattern: String, report: Report) {
    guard case .mapping(let entries) = node.content else {
      report.refuse(
        node.place, path, "this is \(node.shape), not a mapping", "write keys with values: key: value")
      return nil
    }
    self.path = path
    self.pattern = pattern
    self.report = report
    self.entries = entries
    place = node.place
    refuseUnknownKeys()
  }

  private func refuseUnknownKeys() {
    let known = ConfigurationKey.names(in: pattern)
    for entry in entries where !known.contains(entry.key) && !Self.isExtension(entry.key) {
      let nearest = Report.nearest(to: entry.key, among: known)
      report.refuse(
        entry.place, fullPath(entry.key), "unknown key",
        nearest.map { "did you mean \"\($0)\"?" } ?? "known keys here are \(known.joined(separator: ", "))")
    }
  }

  /// Keys that begin with `x-` belong to whoever wrote them: anchors to repeat, or settings for own stages.
  static func isExtension(_ key: String) -> Bool { key.hasPrefix("x-") }

  /// The entries whose keys begin with `x-`.
  var extensions: [YAMLEntry] { entries.filter { Self.isExtension($0.key) } }

  /// The path of `key` from the top of the file.
  func fullPath(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  /// The value of `key`; `nil` when it is not written or written without a value.
  func node(_ key: String) -> YAMLNode? {
    guard let node = entries.first(where: { $0.key == key })?.value else { return nil }
    if case .scalar(let scalar) = node.content, scalar.isNull { return nil }
    return node
  }

  /// Whether `key` is written at all, with or without a value.
  func place(of key: String) -> SourceLocation? { entries.first { $0.key == key }?.place }

  /// Where the value of `key` comes from, for `config check`: the place, and the reference a variable filled
  /// in.
  func source(of key: String) -> String {
    guard let node = node(key) else { return place.description }
    guard case .scalar(let scalar) = node.content, scalar.isInterpolated else {
      return node.place.description
    }
    return "\(node.place) \(scalar.written)"
  }

  /// The mapping under `key`.
  func section(_ key: String) -> Section? {
    guard let node = node(key) else { return nil }
    return Section(
      node, path: fullPath(key), pattern: pattern.isEmpty ? key : "\(pattern).\(key)", report: report)
  }

  /// The single value under `key`.
  func scalar(_ key: String) -> (scalar: YAMLScalar, place: SourceLocation)? {
    guard let node = node(key) else { return nil }
    guard case .scalar(let scalar) = node.content else {
      report.refuse(node.place, fullPath(key), "this is \(node.shape), not a single value", "write one value")
      return nil
    }
    return (scalar, node.place)
  }

  /// The value under `key` read by `parse`; `nil` when it is not written or wrong, which is told to the
  /// report.
  func value<Value>(_ key: String, _ parse: (String) throws(SettingProblem) -> Value) -> Value? {
    guard let (scalar, place) = scalar(key), !scalar.isFaulty else { return nil }
    do {
      return try parse(scalar.text)
    } catch {
      // What is shown is what stands in the file: a variable that was filled in may be a secret.
      report.refuse(place, fullPath(key), "\(error.shown(scalar.written)) \(error.problem)", error.remedy)
      return nil
    }
  }

  /// The texts under `key`, each with its place; a single value counts as a list of one.
  func strings(_ key: String) -> [(text: String, place: SourceLocation)]? {
    guard let node = node(key) else { return nil }
    return Self.strings(node, path: fullPath(key), report: report)
  }

  /// The texts of a list; a single value counts as a list of one. `nil` after telling the report otherwise.
  static func strings(_ node: YAMLNode, path: String, report: Report) -> [(
    text: String, place: SourceLocation
  )]? {
    switch node.content {
    case .scalar(let scalar): return (scalar.list ?? [scalar.text]).map { ($0, node.place) }
    case .mapping:
      report.refuse(node.place, path, "this is a mapping, not a list", "write a list: [one, two]")
      return nil
    case .sequence(let items):
      var texts: [(String, SourceLocation)] = []
      for (index, item) in items.enumerated() {
        guard case .scalar(let scalar) = item.content, !scalar.isNull else {
          report.refuse(
            item.place, "\(path)[\(index)]", "this is \(item.shape), not a text",
            "write one text for each item")
          continue
        }
        texts.append((scalar.text, item.place))
      }
      return texts
    }
  }

  /// The mapping under `key` as JSON text; `{}` when it is not written.
  func json(_ key: String) -> String {
    guard let node = node(key) else { return "{}" }
    guard case .mapping = node.content else {
      report.refuse(
        node.place, fullPath(key), "this is \(node.shape), not a mapping",
        "write keys with values: key: value")
      return "{}"
    }
    do {
      return try JSONWriter.text(of: node)
    } catch {
      report.refuse(error.place, fullPath(key), error.problem.problem, error.problem.remedy)
      return "{}"
    }
  }
}
