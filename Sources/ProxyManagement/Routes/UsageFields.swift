import ProxyStore

/// The query of `/manage/usage` and `/manage/usage/entries`.
enum UsageFields {
  /// What is asked of the sums.
  static func query(_ query: QueryFields) throws(ManagementFault) -> UsageQuery {
    var wanted = UsageQuery(try groups(query.text("group_by") ?? "day"))
    (wanted.from, wanted.to) = try span(query)
    wanted.projectID = query.text("project_id")
    wanted.tokenID = query.text("token_id")
    wanted.model = query.text("model")
    wanted.provider = query.text("provider")
    if let text = query.text("status") {
      guard let status = status(text), status.lowerBound % 100 == 0, status.count == 100 else {
        throw invalid("status", "must be a class such as 2xx")
      }
      wanted.statusClass = status.lowerBound / 100
    }
    if let window = try PageWindow(query) {
      wanted.limit = window.limit
      wanted.after = window.after
    }
    return wanted
  }

  /// Which entries are asked for.
  static func filter(_ query: QueryFields) throws(ManagementFault) -> UsageEntryFilter {
    var filter = UsageEntryFilter()
    (filter.from, filter.to) = try span(query)
    filter.projectID = query.text("project_id")
    filter.tokenID = query.text("token_id")
    filter.model = query.text("model")
    if let text = query.text("status") {
      guard let status = status(text) else { throw invalid("status", "must be a status such as 404 or 4xx") }
      filter.status = status
    }
    if let text = query.text("outcome") {
      guard let outcome = UsageOutcome(rawValue: text) else {
        throw invalid(
          "outcome", "must be completed, refused, upstream_failed, client_gone or cached")
      }
      filter.outcome = outcome
    }
    return filter
  }

  /// Whether the answer is to be a table of comma-separated values.
  static func wantsCSV(_ context: ManagementContext) throws(ManagementFault) -> Bool {
    switch context.query.text("format") {
    case "csv": return true
    case "json": return false
    case nil: break
    default: throw invalid("format", "must be json or csv")
    }
    guard let accept = context.request.list("accept")?.lowercased() else { return false }
    return accept.split(separator: ",").contains {
      $0.split(separator: ";").first?.contains("text/csv") == true
    }
  }

  private static func groups(_ text: String) throws(ManagementFault) -> [UsageQuery.Group] {
    var groups: [UsageQuery.Group] = []
    for name in text.split(separator: ",", omittingEmptySubsequences: false) {
      let known = UsageQuery.Group.allCases.map(\.rawValue).joined(separator: ", ")
      guard let group = UsageQuery.Group(rawValue: String(name)), !groups.contains(group) else {
        throw invalid("group_by", "must name each of \(known) at most once, with commas between them")
      }
      groups.append(group)
    }
    guard groups.count <= UsageQuery.mostGroups else {
      throw invalid("group_by", "must not name more than \(UsageQuery.mostGroups) groups")
    }
    return groups
  }

  private static func span(_ query: QueryFields) throws(ManagementFault) -> (Timestamp?, Timestamp?) {
    let (from, to) = (try moment("from", query), try moment("to", query))
    if let from, let to, from >= to { throw invalid("from", "must be before to") }
    return (from, to)
  }

  private static func moment(_ name: String, _ query: QueryFields) throws(ManagementFault) -> Timestamp? {
    guard let text = query.text(name) else { return nil }
    let day = text.utf8.count == 10 ? text + "T00:00:00Z" : text
    // An unescaped plus of a zone ("+02:00") arrives as a space.
    guard let moment = TokenFields.moment(day) ?? TokenFields.moment(day.replacing(" ", with: "+")),
      moment.seconds >= 0
    else {
      throw invalid(name, "must be a time such as \"2030-01-31T12:00:00Z\" or a day such as \"2030-01-31\"")
    }
    return moment
  }

  /// `404` is one status, `4xx` a class.
  private static func status(_ text: String) -> ClosedRange<Int64>? {
    if text.utf8.count == 3, text.lowercased().hasSuffix("xx"), let digit = text.first?.wholeNumberValue {
      let first = Int64(digit) * 100
      return (0...5).contains(digit) ? first...(first + 99) : nil
    }
    guard let number = Int64(text), (0...599).contains(number) else { return nil }
    return number...number
  }

  private static func invalid(_ name: String, _ rule: String) -> ManagementFault {
    .invalid("\(name) \(rule)")
  }
}
