import ProxyCore
import ProxyStore
import Synchronization

/// What the overview needs of the database.
struct OverviewFigures: Sendable {
  var projects: JSONValue = []
  var models: JSONValue = []
  var counts: JSONValue = .null
  var currency = "USD"
  /// Sums by the first second of each stretch, for ranges that memory does not reach back to.
  var stretches: [Int64: UsageFigures] = [:]
}

/// Keeps what the database said for a few seconds: pages ask often, and each answer is a sum over many rows.
final class OverviewCache: Sendable {
  static let lifetimeSeconds: Int64 = 5
  /// Counts of projects and tokens look at every row.
  static let countLifetimeSeconds: Int64 = 30
  /// More tokens than this are counted in the background: a million take some hundred milliseconds.
  static let mostAtOnce = 50_000
  /// Projects and models shown.
  static let shown = 5

  private struct Kept {
    var figures: [String: (at: Int64, figures: OverviewFigures)] = [:]
    var counts: (at: Int64, document: JSONValue, isSlow: Bool)?
    var isCountWanted = true
  }

  private let kept = Mutex(Kept())

  /// The figures of a range that ends now. While the database cannot be read, what is not known is empty.
  func figures(_ range: OverviewRange, now: Timestamp, state: any ManagementState) async -> OverviewFigures {
    if let known = kept.withLock({ $0.figures[range.name] }), now.seconds - known.at < Self.lifetimeSeconds {
      return known.figures
    }
    var figures = OverviewFigures()
    figures.currency = state.prices.table.currency
    figures.counts = await counts(state, now: now)
    let start = Timestamp(seconds: range.start(now: now) / 3600 * 3600)
    figures.projects = await top(.project, from: start, state)
    figures.models = await top(.model, from: start, state)
    if range.isLong { figures.stretches = await stretches(range, from: start, state) }
    kept.withLock { $0.figures[range.name] = (now.seconds, figures) }
    return figures
  }

  /// Counts projects and tokens in the background when a page has asked and they are old, and once at the start.
  func refreshCounts(_ state: any ManagementState) async {
    let isWanted = kept.withLock { kept in
      defer { kept.isCountWanted = false }
      return kept.isCountWanted
    }
    if isWanted { _ = await count(state) }
  }

  /// With few tokens they are counted at once. With many nobody waits for it: a page gets what was counted last.
  private func counts(_ state: any ManagementState, now: Timestamp) async -> JSONValue {
    let known: JSONValue? = kept.withLock { kept in
      guard let counts = kept.counts, counts.isSlow else { return nil }
      if now.seconds - counts.at >= Self.countLifetimeSeconds { kept.isCountWanted = true }
      return counts.document
    }
    if let known { return known }
    return await count(state)
  }

  private func count(_ state: any ManagementState) async -> JSONValue {
    guard let counts = try? await state.counts() else { return .null }
    let isSlow = counts.tokens > Self.mostAtOnce
    let document: JSONValue = [
      "projects": .integer(counts.projects), "active_projects": .integer(counts.activeProjects),
      "tokens": .integer(counts.tokens), "active_tokens": .integer(counts.activeTokens),
    ]
    kept.withLock { $0.counts = (Timestamp.now().seconds, document, isSlow) }
    return document
  }

  private func groups(
    _ group: UsageQuery.Group, from start: Timestamp, _ state: any ManagementState
  ) async -> [UsageGroup] {
    var query = UsageQuery([group])
    query.from = start
    query.limit = UsageQuery.pageLimit
    return (try? await state.usage(query))?.groups ?? []
  }

  /// Those with most requests, of the first thousand.
  private func top(
    _ group: UsageQuery.Group, from start: Timestamp, _ state: any ManagementState
  ) async -> JSONValue {
    let all = await groups(group, from: start, state).filter { $0.keys.first?.isNamed == true }
    let most = all.sorted { $0.figures.requests > $1.figures.requests }.prefix(Self.shown)
    return .array(most.map { .object(($0.keys.first?.shown ?? []) + $0.figures.shown) })
  }

  private func stretches(
    _ range: OverviewRange, from start: Timestamp, _ state: any ManagementState
  ) async -> [Int64: UsageFigures] {
    var sums: [Int64: UsageFigures] = [:]
    for group in await groups(.hour, from: start, state) {
      guard case .hour(let moment)? = group.keys.first else { continue }
      sums[moment.seconds / range.step * range.step, default: UsageFigures()] += group.figures
    }
    return sums
  }
}

extension UsageGroup.Key {
  fileprivate var isNamed: Bool {
    switch self {
    case .project(let id, _): !id.isEmpty
    case .model(let name): !name.isEmpty
    default: true
    }
  }

  fileprivate var shown: [JSONValue.Member] {
    switch self {
    case .project(let id, let name):
      [.init(name: "id", value: .string(id)), .init(name: "name", value: .optional(name))]
    case .model(let name): [.init(name: "model", value: .string(Redaction.shown(name, 256)))]
    default: []
    }
  }
}

extension UsageFigures {
  fileprivate var shown: [JSONValue.Member] {
    [
      .init(name: "requests", value: .integer(requests)),
      .init(name: "total_tokens", value: .integer(counts.total)),
      .init(name: "cost_micros", value: costMicros.map { .integer($0) } ?? .null),
    ]
  }
}
