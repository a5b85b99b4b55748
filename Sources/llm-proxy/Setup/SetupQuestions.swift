import ProxyCore

/// The questions of `setup --interactive`.
struct SetupQuestions {
  private let reader: LineReader
  private let isReplacing: Bool

  /// - Parameter isReplacing: true does not ask whether an existing file is replaced.
  init(_ reader: LineReader, isReplacing: Bool) {
    self.reader = reader
    self.isReplacing = isReplacing
  }

  /// Asks for everything; an empty answer keeps what `plan` says.
  func complete(_ plan: inout SetupPlan) throws(CommandFailure) {
    plan.file = try text("File to write", plan.file)
    if !isReplacing, plan.fileExists {
      guard try yes("\(plan.file) exists. Replace it?", standard: false) else {
        throw CommandFailure(.conflict, "\(plan.file) is left as it is")
      }
    }
    plan.makesProject = try yes("Make a first project and access token?", standard: plan.makesProject)
    plan.providerKey = try secret("Provider key", plan.providerKey, none: "none")
    plan.managementToken = try secret("Management token", plan.managementToken, none: "a new one")
    plan.database = try text("SQLite file", plan.database)
    plan.address = try text("Address to accept connections on", plan.address)
    guard plan.makesProject else { return }
    plan.project = try text("Name of the project", plan.project)
    while true {
      let answer = try text(
        "Lifetime of the token, in hours or with a unit", plan.lifetime.defaultValueDescription)
      if let lifetime = LifetimeArgument(argument: answer) {
        plan.lifetime = lifetime
        return
      }
      Console.note("That is no lifetime; write 24, 90m, 7d or never.")
    }
  }

  private func text(_ question: String, _ standard: String) throws(CommandFailure) -> String {
    let answer = try answer(reader.line("\(question) [\(standard)]: "))
    return answer.isEmpty ? standard : answer
  }

  private func secret(
    _ question: String, _ standard: Secret?, none: String
  ) throws(CommandFailure) -> Secret? {
    let kept = standard == nil ? none : "the present one"
    let answer = try answer(reader.hiddenLine("\(question), not shown [\(kept)]: "))
    return answer.isEmpty ? standard : Secret(answer)
  }

  private func yes(_ question: String, standard: Bool) throws(CommandFailure) -> Bool {
    while true {
      switch try answer(reader.line("\(question) [\(standard ? "Y/n" : "y/N")]: ")).lowercased() {
      case "": return standard
      case "y", "yes": return true
      case "n", "no": return false
      default: Console.note("Please answer y or n.")
      }
    }
  }

  private func answer(_ line: String?) throws(CommandFailure) -> String {
    guard let line else {
      throw CommandFailure(.usage, "the input ended before every question was answered; nothing was written")
    }
    let trimmed = line.drop { $0.isWhitespace }
    guard let last = trimmed.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(trimmed[...last])
  }
}
