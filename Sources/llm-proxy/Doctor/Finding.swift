import ProxyCore

/// What `doctor` found out about one thing.
struct Finding {
  /// How good it is.
  enum Grade: String {
    /// As it should be.
    case ok
    /// Works, but is worth a look.
    case warning
    /// Does not work.
    case problem
  }

  /// How good it is.
  let grade: Grade
  /// What was looked at.
  let subject: String
  /// What was found.
  let detail: String
  /// What to do; `nil` when there is nothing to do.
  let remedy: String?

  /// It is as it should be.
  static func ok(_ subject: String, _ detail: String) -> Finding {
    Finding(grade: .ok, subject: subject, detail: detail, remedy: nil)
  }

  /// It works, but is worth a look.
  static func warning(_ subject: String, _ detail: String, _ remedy: String) -> Finding {
    Finding(grade: .warning, subject: subject, detail: detail, remedy: remedy)
  }

  /// It does not work.
  static func problem(_ subject: String, _ detail: String, _ remedy: String) -> Finding {
    Finding(grade: .problem, subject: subject, detail: detail, remedy: remedy)
  }

  /// For programs.
  var document: JSONValue {
    [
      "grade": .string(grade.rawValue), "subject": .string(subject), "detail": .string(detail),
      "remedy": .optional(remedy),
    ]
  }

  /// For people: one line, and the remedy on the next.
  func lines(_ terminal: Terminal) -> [String] {
    let mark: String
    switch grade {
    case .ok: mark = terminal.coloured("ok      ", .green)
    case .warning: mark = terminal.coloured("warning ", .yellow)
    case .problem: mark = terminal.coloured("problem ", .red)
    }
    let first = mark + TextWidth.padded(subject, to: 14) + " " + Terminal.visible(detail)
    guard let remedy else { return [first] }
    return [first, String(repeating: " ", count: 23) + "→ " + Terminal.visible(remedy)]
  }
}
