/// Judges a chain by what its stages say they provide and consume: pure, nothing is created.
struct ChainCheck {
  /// One stage as the check sees it.
  struct Link {
    var name: String
    var onError: FailurePolicy = .closed
    var when: StageCondition?
    var provides: [String] = []
    var consumes: [String] = []
  }

  let links: [Link]

  /// What authentication establishes.
  private static let identityKeys: Set<String> = ["llmp.project_id", "llmp.token_id", "llmp.tenant_id"]

  /// Name of a stage as messages write it.
  static func subject(_ index: Int, _ name: String) -> String { "pipeline[\(index)] \"\(name)\"" }

  /// Refuses empty and repeated names.
  static func checkNames(_ names: [String]) throws(PluginError) {
    for (index, name) in names.enumerated() {
      guard !name.isEmpty else {
        throw PluginError(
          .chain, subject(index, name), "has no name", remedy: "give every stage a name", place: .stage(index)
        )
      }
      if let first = names[..<index].firstIndex(of: name) {
        throw PluginError(
          .chain, subject(index, name), "has the name of pipeline[\(first)]",
          remedy: "give every stage its own name", place: .stage(index))
      }
    }
  }

  /// Refuses orders that cannot work.
  ///
  /// - Parameter consumers: API names and what their adapters consume; every stage comes before them.
  func check(
    consumers: [(name: String, consumes: [String])], allowUnauthenticated: Bool
  ) throws(PluginError) {
    let provided = Set(links.flatMap(\.provides))
    // Where everybody may come in, nobody need say who it is: stages find these keys unset.
    let absent = allowUnauthenticated ? Self.identityKeys.subtracting(provided) : []
    let given = MetaKeys.providedByHost.union(absent)
    for (index, link) in links.enumerated() {
      for key in link.consumes where !given.contains(key) {
        try check(key, of: link, at: index)
      }
    }
    for (index, consumer) in consumers.enumerated() {
      for key in consumer.consumes where !given.contains(key) && !provided.contains(key) {
        throw PluginError(
          .chain, "apis.\(consumer.name)", "its adapter consumes \(key); no stage provides it",
          remedy: "add a stage that provides \(key)", place: .provider(index))
      }
    }
    try checkFailOpen(consumers.flatMap(\.consumes))
    if !allowUnauthenticated { try checkAuthentication() }
  }

  private func check(_ key: String, of link: Link, at index: Int) throws(PluginError) {
    let subject = Self.subject(index, link.name)
    let earlier = links[..<index].filter { $0.provides.contains(key) }
    guard !earlier.isEmpty else {
      let later = links.indices.first { $0 > index && links[$0].provides.contains(key) }
      let hint = later.map { " (\"\(links[$0].name)\" at [\($0)] does)" } ?? ""
      let known = Set(links.flatMap(\.provides)).union(MetaKeys.providedByHost).sorted()
      throw PluginError(
        .chain, subject,
        "consumes \(key); no earlier stage provides it\(hint)"
          + (later == nil ? NearestName.hint(key, among: known) : ""),
        remedy: later.map { "move \"\(links[$0].name)\" before \"\(link.name)\"" }
          ?? "add a stage that provides \(key) before it",
        place: .stage(index))
    }
    let everything = StageCondition()
    guard !earlier.contains(where: { ($0.when ?? everything).covers(link.when ?? everything) }) else {
      return
    }
    throw PluginError(
      .chain, subject,
      "consumes \(key); \"\(earlier[0].name)\" provides it only for the exchanges of its own when",
      remedy: "give both the same when, or remove it from \"\(earlier[0].name)\"", place: .stage(index))
  }

  /// An exchange must not go on without a key that someone behind relies on.
  private func checkFailOpen(_ adapterKeys: [String]) throws(PluginError) {
    for (index, link) in links.enumerated() where link.onError == .open {
      for key in link.provides {
        let consumer = links[(index + 1)...].first { $0.consumes.contains(key) }
        guard consumer != nil || adapterKeys.contains(key) else { continue }
        let who = consumer.map { "\"\($0.name)\"" } ?? "an adapter"
        throw PluginError(
          .chain, Self.subject(index, link.name),
          "has on_error: open, but \(who) consumes the \(key) it provides: "
            + "a failure would hand on exchanges without it",
          remedy: "use on_error: closed", place: .stage(index))
      }
    }
  }

  /// Someone must establish who pays: always, and failing closed.
  private func checkAuthentication() throws(PluginError) {
    let key = "llmp.project_id"
    let remedy = "add an auth stage, e.g. { name: auth, use: core.auth }, or say allow_unauthenticated: true"
    guard let index = links.firstIndex(where: { $0.provides.contains(key) }) else {
      throw PluginError(
        .chain, "pipeline", "no stage provides \(key), so anybody could use it", remedy: remedy)
    }
    let isSafe = links.contains { $0.provides.contains(key) && $0.onError == .closed && $0.when == nil }
    guard !isSafe else { return }
    let link = links[index]
    throw PluginError(
      .chain, Self.subject(index, link.name),
      "is the stage that provides \(key), and "
        + (link.onError == .open
          ? "its on_error: open lets everybody in when it fails" : "its when leaves exchanges out"),
      remedy: (link.onError == .open ? "use on_error: closed" : "remove its when")
        + ", or say allow_unauthenticated: true",
      place: .stage(index))
  }
}
