/// Reads `pipeline:`.
struct PipelineReader {
  let settings: SettingReader

  private var report: Report { settings.report }

  func read(_ node: YAMLNode) -> [StageSettings] {
    guard case .sequence(let items) = node.content else {
      report.refuse(
        node.place, "pipeline", "this is \(node.shape), not a list",
        "write a list: - { name: auth, use: core.auth }")
      return []
    }
    if items.isEmpty {
      report.refuse(
        node.place, "pipeline", "this is empty, so nothing would be forwarded",
        "list stages, or remove the key for the default ones")
    }
    var stages: [StageSettings] = []
    for (index, item) in items.enumerated() {
      guard let stage = stage(item, path: "pipeline[\(index)]") else { continue }
      if let other = stages.first(where: { $0.name == stage.name }) {
        report.refuse(
          item.place, "pipeline[\(index)].name",
          "\"\(stage.name)\" is the name of an earlier stage (line \(other.origin.line))",
          "give one of them another name")
      }
      stages.append(stage)
      report.resolve("pipeline[\(index)]", "\(stage.name): \(stage.use)", from: item.place.description)
    }
    return stages
  }

  private func stage(_ node: YAMLNode, path: String) -> StageSettings? {
    guard let section = Section(node, path: path, pattern: "pipeline[]", report: report) else { return nil }
    guard let use = section.value("use", Self.component) else {
      if section.node("use") == nil {
        report.refuse(
          node.place, section.fullPath("use"), "this is required", "name a component, such as core.auth")
      }
      return nil
    }
    let standardName = use.split(whereSeparator: { $0 == "/" || $0 == "." }).last.map(String.init) ?? use
    let isNamed = section.node("name") != nil
    let name = section.value("name", Self.name) ?? standardName
    var stage = StageSettings(
      name: isNamed ? name : standardName, use: use, configJSON: section.json("config"))
    stage.origin = node.place
    if let policy = section.value(
      "on_error",
      { (text) throws(SettingProblem) in
        try SettingText.choice(text, of: StageSettings.FailurePolicy.self)
      })
    {
      stage.onError = policy
    }
    if let milliseconds = section.value("timeout_ms", Self.milliseconds) {
      stage.timeout = .milliseconds(milliseconds)
    }
    if let milliseconds = section.value("hook_budget_ms", Self.milliseconds) {
      stage.hookBudget = .milliseconds(milliseconds)
    }
    stage.services = section.strings("services")?.map(\.text)
    stage.when = section.section("when").map(condition)
    return stage
  }

  private func condition(_ section: Section) -> StageSettings.Condition {
    var condition = StageSettings.Condition()
    condition.operations = section.strings("operation")?.map(\.text) ?? []
    condition.pathPrefixes = PathRules.prefixes(section, "path") ?? []
    condition.methods = PathRules.methods(section, "method") ?? []
    return condition
  }

  private static func component(_ text: String) throws(SettingProblem) -> String {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    let isLong = parts.count == 2 && parts.allSatisfy { !$0.isEmpty }
    let isShort = parts.count == 1 && text.hasPrefix("core.") && text.count > 5
    guard isLong || isShort, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
      throw SettingProblem(
        "is not the name of a component", "write core.<component> or <module id>/<component>")
    }
    return text
  }

  private static func name(_ text: String) throws(SettingProblem) -> String {
    let isAllowed = text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
    guard isAllowed, (1...64).contains(text.utf8.count) else {
      throw SettingProblem("is not a name", "use 1 to 64 letters, digits, dots, dashes and underscores")
    }
    return text
  }

  private static func milliseconds(_ text: String) throws(SettingProblem) -> Int {
    try SettingText.integer(text, in: 1...86_400_000)
  }
}
