import ProxyCore

/// Decides between the sources of one setting: flag or variable, then file, then default.
///
/// Variables have been checked before (`checkVariables`), so that a wrong one is told once, whoever reads it.
struct SettingReader {
  let environment: Environment
  let report: Report

  /// A setting with a default. `key` is its path from the top of the file; its last part is looked up in
  /// `section`.
  func value<Value>(
    _ key: String, in section: Section? = nil, variable: String? = nil, default standard: Value,
    show: (Value) -> String, _ parse: (String) throws(SettingProblem) -> Value
  ) -> Value {
    let name = key.lastIndex(of: ".").map { String(key[key.index(after: $0)...]) } ?? key
    let fullKey = section?.fullPath(name) ?? key
    if let variable, let text = environment[variable] {
      // A text that does not parse has been refused by checkVariables.
      guard let value = try? parse(text) else { return standard }
      report.resolve(fullKey, show(value), from: environment.sourceDescription(of: variable))
      return value
    }
    if let section, let value = section.value(name, parse) {
      report.resolve(fullKey, show(value), from: section.source(of: name))
      return value
    }
    report.resolve(fullKey, show(standard), from: "default")
    return standard
  }

  /// A setting that may be absent.
  func optional<Value>(
    _ key: String, in section: Section? = nil, variable: String? = nil,
    show: (Value) -> String, _ parse: (String) throws(SettingProblem) -> Value
  ) -> Value? {
    let showOptional = { (value: Value?) in value.map(show) ?? "none" }
    return value(key, in: section, variable: variable, default: Value?.none, show: showOptional) {
      (text) throws(SettingProblem) in try parse(text)
    }
  }

  /// A yes or no.
  func boolean(_ key: String, in section: Section? = nil, variable: String? = nil, default standard: Bool)
    -> Bool
  {
    value(key, in: section, variable: variable, default: standard, show: \.description, SettingText.boolean)
  }

  /// A whole number.
  func integer(
    _ key: String, in section: Section? = nil, variable: String? = nil, default standard: Int,
    range: ClosedRange<Int>
  ) -> Int {
    value(key, in: section, variable: variable, default: standard, show: \.description) {
      (text) throws(SettingProblem) in try SettingText.integer(text, in: range)
    }
  }

  /// A size in bytes, at least `minimum`.
  func size(
    _ key: String, in section: Section? = nil, variable: String? = nil, default standard: Int, minimum: Int
  ) -> Int {
    value(key, in: section, variable: variable, default: standard, show: SettingText.describeSize) {
      (text) throws(SettingProblem) in
      let size = try SettingText.byteSize(text)
      guard size >= minimum else { throw SettingProblem("is too small", "write \(minimum) bytes or more") }
      return size
    }
  }

  /// A duration above zero.
  func duration(
    _ key: String, in section: Section? = nil, variable: String? = nil, default standard: Duration
  ) -> Duration {
    value(key, in: section, variable: variable, default: standard, show: SettingText.describe) {
      (text) throws(SettingProblem) in
      let duration = try SettingText.duration(text)
      guard duration > .zero else {
        throw SettingProblem("is not above zero", "write a duration such as 30s")
      }
      return duration
    }
  }

  /// A duration of which 0 means that there is no bound.
  func bound(_ key: String, in section: Section?, default standard: Duration?) -> Duration? {
    value(key, in: section, default: standard, show: SettingText.describeBound) {
      (text) throws(SettingProblem) in
      let duration = try SettingText.duration(text)
      guard duration >= .zero else {
        throw SettingProblem("is negative", "write 0 for no bound, or a duration")
      }
      return duration == .zero ? nil : duration
    }
  }

  /// A path or another text that is taken as it is.
  func text(_ key: String, in section: Section? = nil, variable: String? = nil, default standard: String)
    -> String
  {
    value(key, in: section, variable: variable, default: standard, show: \.self) { text in text }
  }

  /// A path or another text that may be absent.
  func text(_ key: String, in section: Section? = nil, variable: String? = nil) -> String? {
    optional(key, in: section, variable: variable, show: \.self) { (text: String) in text }
  }
}

extension SettingReader {
  /// Tells the report about variables with wrong values, variables without effect, and misspelt ones.
  func checkVariables() {
    for name in environment.names {
      guard let value = environment[name] else { continue }
      let (place, key) = environment.place(of: name)
      guard let variable = EnvironmentVariable.named[name] else {
        warnIfMisspelt(name, at: place)
        continue
      }
      guard variable.group != .commands else { continue }
      switch variable.status {
      case .used: check(value, of: variable, at: place, key: key)
      case .withoutEffect(let reason), .later(let reason):
        // A wrong value of a variable that does nothing is told like any other value of it.
        let canonical = (try? variable.canonical(value)) ?? value
        if canonical != variable.standard { report.warn(place, key, "this has no effect: \(reason)") }
      }
    }
  }

  private func check(_ value: String, of variable: EnvironmentVariable, at place: SourceLocation, key: String)
  {
    do {
      _ = try variable.canonical(value)
    } catch {
      let shown = variable.isSecret ? "the value" : error.shown(value)
      report.refuse(place, key, "\(shown) \(error.problem)", error.remedy)
    }
  }

  private func warnIfMisspelt(_ name: String, at place: SourceLocation) {
    let prefix = "LLM_PROXY_"
    guard name.hasPrefix(prefix) else { return }
    let own = EnvironmentVariable.all.map(\.name).filter { $0.hasPrefix(prefix) }
    let nearest = Report.nearest(
      to: String(name.dropFirst(prefix.count)), among: own.map { String($0.dropFirst(prefix.count)) })
    let hint = nearest.map { "; did you mean \(prefix)\($0)?" } ?? ""
    report.warn(place, name, "no variable has this name\(hint)")
  }
}
