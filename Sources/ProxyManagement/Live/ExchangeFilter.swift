import ProxyPipeline

/// Which exchanges a list holds.
struct ExchangeFilter {
  private let query: QueryFields
  private let statuses: ClosedRange<UInt16>?
  private let leastMicroseconds: Int64?
  private let search: String?

  /// Reads the query. Throws 400 for a status or a duration that is none.
  init(_ query: QueryFields) throws(ManagementFault) {
    self.query = query
    statuses = try query.text("status").map { text throws(ManagementFault) in try Self.statuses(text) }
    leastMicroseconds = try query.text("min_ms").map { text throws(ManagementFault) in
      guard let number = Double(text), number >= 0, number < 1e12 else {
        throw ManagementFault.invalid("min_ms must be a number of milliseconds")
      }
      return Int64(number * 1000)
    }
    search = query.text("search")?.lowercased()
  }

  /// `404`, or `4xx` for a class.
  private static func statuses(_ text: String) throws(ManagementFault) -> ClosedRange<UInt16> {
    if text.utf8.count == 3, text.lowercased().hasSuffix("xx"), let first = UInt16(text.prefix(1)), first <= 5
    {
      return first * 100...first * 100 + 99
    }
    guard let status = UInt16(text), status <= 599 else {
      throw .invalid("status must be a number such as 404, or a class such as 4xx")
    }
    return status...status
  }

  /// Whether the list holds this one.
  func matches(_ record: ExchangeRecord) -> Bool {
    let entry = record.entry
    func isWanted(_ name: String, _ value: String?) -> Bool {
      query.text(name).map { $0 == value } ?? true
    }
    guard isWanted("project_id", entry.token?.project.id ?? entry.projectID),
      isWanted("token_id", entry.token?.id), isWanted("model", entry.model),
      query.text("path").map(record.path.hasPrefix) ?? true,
      statuses?.contains(entry.status) ?? true,
      entry.durationMicroseconds >= leastMicroseconds ?? 0
    else { return false }
    guard let search else { return true }
    let texts = [
      entry.requestID, record.path, entry.model, record.refusal?.code, entry.token?.project.name,
      entry.token?.label, entry.token?.id, record.clientAddress, "\(entry.status)",
    ]
    return texts.contains { $0?.lowercased().contains(search) == true }
  }
}
