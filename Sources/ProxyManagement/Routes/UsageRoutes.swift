import Hummingbird
import ProxyStore

/// `/manage/usage`, `/manage/usage/entries` and `/manage/prices`.
struct UsageRoutes: Sendable {
  static let path = "/manage/usage"

  let operations: Operations

  /// Adds the routes of usage and prices.
  func add(to routes: RouteTable) {
    routes.managed(Self.path, ["GET": sums])
    routes.managed(Self.path + "/entries", ["GET": entries])
    routes.managed("/manage/prices", ["GET": prices])
  }

  private func prices(_ context: ManagementContext) async throws -> Reply {
    .json(200, operations.state.prices.table.document)
  }

  // MARK: sums

  private func sums(_ context: ManagementContext) async throws -> Reply {
    try await operations.audited("usage.read", context) { draft in
      let query = try UsageFields.query(context.query)
      let isTable = try UsageFields.wantsCSV(context)
      draft.projectID = query.projectID
      draft.tokenID = query.tokenID
      let report = try await report(query)
      draft.note("usage_groups", .integer(report.groups.count))
      let headers = try PageWindow(context.query)?.headers(next: report.next, for: context.request) ?? []
      guard isTable else {
        return .json(
          200,
          [
            "usage": .array(report.groups.map { .object($0.members) }),
            "totals": .object(report.totals.members), "currency": .string(report.currency),
            "next": .optional(report.next),
          ], headers: headers)
      }
      let rows = report.groups.map(\.members)
      // Without a limit a table is whole, and read page by page while it is sent.
      let next = context.query.text("limit") == nil ? report.next : nil
      return table("usage", rows, orColumns: query.columns, headers: headers, next: next) { after in
        var query = query
        query.after = after
        query.limit = UsageQuery.pageLimit
        let report = try await self.report(query)
        return (report.groups.map(\.members), report.next)
      }
    }
  }

  private func report(_ query: UsageQuery) async throws(ManagementFault) -> UsageReport {
    try await operations.ask(to: "read usage") { (state) throws(StoreError) in try await state.usage(query) }
  }

  // MARK: entries

  private func entries(_ context: ManagementContext) async throws -> Reply {
    try await operations.audited("usage.entries", context) { draft in
      let filter = try UsageFields.filter(context.query)
      let isTable = try UsageFields.wantsCSV(context)
      let window = try PageWindow(context.query)
      draft.projectID = filter.projectID
      draft.tokenID = filter.tokenID
      let first = try await page(filter, window?.limit ?? PageWindow.standard, window?.after)
      draft.note("entries_count", .integer(first.entries.count))
      let headers = window?.headers(next: first.next, for: context.request)
      guard isTable else {
        return .json(
          200, .array(first.entries.map { .object($0.members) }),
          headers: headers ?? Self.headers(next: first.next, context))
      }
      let next = context.query.text("limit") == nil ? first.next : nil
      return table("usage-entries", first.entries.map(\.members), headers: headers ?? [], next: next) {
        after in
        let page = try await self.page(filter, PageWindow.maximum, after)
        return (page.entries.map(\.members), page.next)
      }
    }
  }

  private func page(
    _ filter: UsageEntryFilter, _ limit: Int, _ after: String?
  ) async throws(ManagementFault) -> UsageEntryPage {
    try await operations.ask(to: "list usage entries") { (state) throws(StoreError) in
      try await state.usageEntries(filter, limit: limit, after: after)
    }
  }

  /// The ledger is never listed whole: without a limit there is a next page too.
  private static func headers(next: String?, _ context: ManagementContext) -> [(String, String)] {
    guard let next else { return [] }
    let query = context.request.query.isEmpty ? "" : context.request.query + "&"
    return [
      ("X-Next-After", next),
      ("Link", "<\(context.request.path)?\(query)after=\(Percent.encoded(next))>; rel=\"next\""),
    ]
  }

  // MARK: tables

  private typealias Rows = [[JSONValue.Member]]

  /// A table of comma-separated values: the rows given, then those of the following pages.
  private func table(
    _ name: String, _ first: Rows, orColumns columns: [JSONValue.Member] = [], headers: [(String, String)],
    next: String?, _ read: @escaping @Sendable (String) async throws -> (Rows, String?)
  ) -> Reply {
    let fields = [
      ("Content-Type", "text/csv; charset=utf-8"),
      ("Content-Disposition", "attachment; filename=\"\(name).csv\""),
    ]
    var head: [UInt8] = []
    CSVText.append((first.first ?? columns).map { .string($0.name) }, to: &head)
    for row in first { CSVText.append(row.map(\.value), to: &head) }
    guard let next else { return Reply(status: 200, headers: fields + headers, body: .bytes(head)) }
    return Reply(
      status: 200, headers: fields,
      body: .pieces { [head] writer in
        try await writer.write(ByteBuffer(bytes: head))
        var after: String? = next
        while let place = after {
          let (rows, following) = try await read(place)
          var piece: [UInt8] = []
          for row in rows { CSVText.append(row.map(\.value), to: &piece) }
          if !piece.isEmpty { try await writer.write(ByteBuffer(bytes: piece)) }
          after = following
        }
      })
  }
}
