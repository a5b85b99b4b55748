import ProxyStore

/// The field `budget` of projects and access tokens.
enum BudgetFields {
  private typealias Limit = WritableKeyPath<BudgetLimits, Int64?> & Sendable
  private static let members: [(name: String, period: any Limit)] = [
    ("day_micros", \.day), ("month_micros", \.month), ("total_micros", \.total),
  ]
  /// A million million units of the currency: more is a slip of the pen.
  private static let most: Int64 = 1_000_000_000_000_000_000

  /// The budget that the body asks for; an object without members is none.
  static func change(_ fields: RequestFields) throws(ManagementFault) -> FieldChange<BudgetLimits> {
    guard fields.contains("budget") else { return .keep }
    guard let value = fields.value("budget") else { return .clear }
    guard case .object(let given) = value else {
      throw fields.wrongKind("budget", "an object or null", value)
    }
    var limits = BudgetLimits()
    for member in given {
      guard let known = members.first(where: { $0.name == member.name }) else {
        // What an answer shows may be sent back.
        if member.name == "spent" || member.name == "remaining" { continue }
        throw .invalid(
          "unknown field \(JSONValue.string("budget." + Redaction.shown(member.name, 64)).text)",
          code: "unknown_field")
      }
      if member.value == .null { continue }
      guard case .number(let text) = member.value, let micros = Int64(text), (0...most).contains(micros)
      else {
        throw .invalid(
          "budget.\(known.name) must be a whole number of micro-units from 0 to \(most), or null")
      }
      limits[keyPath: known.period] = micros
    }
    return limits.isEmpty ? .clear : .set(limits)
  }

  /// The budget of something that is made.
  static func creation(_ fields: RequestFields) throws(ManagementFault) -> BudgetLimits? {
    if case .set(let limits) = try change(fields) { limits } else { nil }
  }

  /// The budget as clients see it, what is not limited left out; `null` when there is none.
  static func document(_ limits: BudgetLimits?, spent: BudgetSpent) -> JSONValue {
    guard let limits else { return .null }
    let own = members.compactMap { name, period in
      limits[keyPath: period].map { JSONValue.Member(name: name, value: .integer($0)) }
    }
    let sums: JSONValue = [
      "day_micros": .integer(spent.day), "month_micros": .integer(spent.month),
      "total_micros": .integer(spent.total),
    ]
    return .object(own + [.init(name: "spent", value: sums)])
  }

  /// The budget in an entity tag.
  static func tag(_ limits: BudgetLimits?) -> String {
    members.map { limits?[keyPath: $0.period].map(String.init) ?? "-" }.joined(separator: ",")
  }
}

extension FieldChange<BudgetLimits> {
  /// For the audit trail; `nil` when nothing changes.
  var note: JSONValue? {
    switch self {
    case .keep: nil
    case .clear: "none"
    case .set(let limits): .string(BudgetFields.tag(limits))
    }
  }

  /// Whether the body has the field.
  var isGiven: Bool { if case .keep = self { false } else { true } }
}
