import Hummingbird
import ProxyPipeline

/// `/manage/exchanges`: what ended last, and one of them in detail. `/manage/events`: what happens now.
struct ExchangeRoutes: Sendable {
  static let path = "/manage/exchanges"
  static let notFound = ManagementFault(
    404, "exchange_not_found", "this exchange is not kept any more, or never was: only the last ones are")

  let pages: LivePages

  /// Adds the routes.
  func add(to routes: RouteTable) {
    let items: [String: RouteTable.Handler] = ["GET": show]
    routes.managed(Self.path, ["GET": list]) { _ in items }
    routes.managed("/manage/events", ["GET": listen])
  }

  private var document: ExchangeDocument { ExchangeDocument(prices: pages.operations.state.prices) }

  private func list(_ context: ManagementContext) async throws -> Reply {
    let filter = try ExchangeFilter(context.query)
    let window = try PageWindow(context.query) ?? PageWindow(limit: PageWindow.standard)
    var records = pages.server.journal.records()
    if let text = window.after {
      guard let after = UInt64(text) else { throw PageWindow.unknownAfter }
      records.removeAll { $0.sequence >= after }
    }
    let found = records.lazy.filter(filter.matches).prefix(window.limit + 1)
    let page = Array(found.prefix(window.limit))
    let next = found.count > window.limit ? page.last.map { String($0.sequence) } : nil
    let headers = window.headers(next: next, for: context.request)
    return .json(200, .array(page.map(document.summary)), headers: headers)
  }

  private func show(_ context: ManagementContext) async throws -> Reply {
    let rest = context.item(of: Self.path)
    let id = Percent.decoded(rest) ?? String(rest)
    // Clients choose ids, so several may have the same; the newest is meant.
    guard let record = pages.server.journal.records().first(where: { $0.entry.requestID == id }) else {
      throw Self.notFound
    }
    return .json(200, document.detail(record))
  }

  private func listen(_ context: ManagementContext) async throws -> Reply {
    var session: SessionKey?
    if case .session(let key)? = context.principal?.means { session = key }
    guard let events = pages.hub.listen(session: session) else {
      throw ManagementFault(
        503, "too_many_listeners", "\(EventHub.listenerLimit) pages listen already; close one",
        headers: [.init(name: "Retry-After", value: "10")])
    }
    let greeting = pages.sampler.greeting
    return Reply(
      status: 200,
      headers: [("Content-Type", "text/event-stream"), ("X-Accel-Buffering", "no")],
      body: .pieces { writer in
        try await writer.write(ByteBuffer(bytes: greeting))
        for await event in events { try await writer.write(ByteBuffer(bytes: event)) }
      })
  }
}
