internal import GRDB

/// The SQL of a `UsageQuery`: which table, which rows, which order.
struct UsageSelection {
  private static let sums = """
    sum(requests), sum(errors), sum(estimated_requests), sum(input_tokens), sum(output_tokens),
    sum(cached_input_tokens), sum(reasoning_tokens), sum(total_tokens), sum(duration_us), sum(charged_micros)
    """

  let query: UsageQuery
  private let table: String
  private var conditions: [String] = []
  private var arguments: StatementArguments = []

  /// Days answer what begins and ends with days; hours everything else.
  init(_ query: UsageQuery) throws {
    self.query = query
    let hour = UsageRollup.hourMilliseconds
    let from = query.from.map { ($0.milliseconds + hour - 1) / hour }
    let to = query.to.map { ($0.milliseconds + hour - 1) / hour }
    let isByHour = query.groups.contains(.hour) || from.map { $0 % 24 != 0 } ?? false
    let usesHours = isByHour || to.map { $0 % 24 != 0 } ?? false
    table = usesHours ? "usage_hours" : "usage_days"
    let scale: Int64 = usesHours ? 1 : 24
    if let from { add("period >= ?", from / scale) }
    if let to { add("period < ?", to / scale) }
    if let project = query.projectID { add("project_id = ?", project) }
    if let token = query.tokenID { add("token_id = ?", token) }
    if let model = query.model { add("model = ?", model) }
    if let provider = query.provider { add("provider = ?", provider) }
    if let status = query.statusClass { add("status_class = ?", status) }
  }

  private mutating func add(_ condition: String, _ value: some DatabaseValueConvertible) {
    conditions.append(condition)
    arguments += [value]
  }

  /// The sums of everything, by model and provider, because these decide about prices.
  func totals() -> (sql: String, arguments: StatementArguments) {
    ("SELECT model, provider, \(Self.sums) FROM \(table)\(condition) GROUP BY 1, 2", arguments)
  }

  /// The sums by group, each divided by model and provider, in the order of the groups, after the cursor.
  func groups() throws -> (sql: String, arguments: StatementArguments) {
    var copy = self
    let columns = query.groups.map { expression($0) }
    if let after = query.after {
      guard let cursor = KeyCursor(text: after, count: columns.count), !columns.isEmpty else {
        throw StoreError.invalid(field: "after", reason: "is not a cursor of this list")
      }
      let marks = columns.map { _ in "?" }.joined(separator: ", ")
      copy.conditions.append("(\(columns.joined(separator: ", "))) > (\(marks))")
      for (group, value) in zip(query.groups, cursor.values) {
        copy.arguments += [group.isNumber ? (Int64(value) ?? 0).databaseValue : value.databaseValue]
      }
    }
    let selected = (columns + ["model", "provider"]).joined(separator: ", ")
    let numbers = (1...(columns.count + 2)).map(String.init).joined(separator: ", ")
    return (
      "SELECT \(selected), \(Self.sums) FROM \(table)\(copy.condition) GROUP BY \(numbers) ORDER BY \(numbers)",
      copy.arguments
    )
  }

  private var condition: String {
    conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
  }

  private func expression(_ group: UsageQuery.Group) -> String {
    switch group {
    case .project: "project_id"
    case .token: "token_id"
    case .model: "model"
    case .provider: "provider"
    case .status: "status_class"
    case .hour: "period"
    case .day: table == "usage_hours" ? "period / 24" : "period"
    }
  }
}

extension UsageQuery.Group {
  /// Whether the group's column holds a number.
  var isNumber: Bool { self == .status || self == .day || self == .hour }
}
