import ProxyCore
import ProxyStore
import Synchronization

/// What the overview needs of the database, kept for a few seconds: pages ask often, and the answer is a sum
/// over many rows.
struct OverviewFigures: Sendable {
  var projects: JSONValue = []
  var models: JSONValue = []
  var counts: JSONValue = .null
}

/// Asks the database at most once in `lifetimeSeconds` for each range.
final class OverviewCache: Sendable {
  static let lifetimeSeconds: Int64 = 5

  private let kept = Mutex<[String: (at: Int64, figures: OverviewFigures)]>([:])

  /// The figures of a range that ends now. While the database cannot be read, what is not known is empty.
  func figures(_ range: OverviewRange, now: Timestamp, state: any ManagementState) async -> OverviewFigures {
    if let known = kept.withLock({ $0[range.name] }), now.seconds - known.at < Self.lifetimeSeconds {
      return known.figures
    }
    var figures = OverviewFigures()
    figures.counts = await counts(state)
    kept.withLock { $0[range.name] = (now.seconds, figures) }
    return figures
  }

  private func counts(_ state: any ManagementState) async -> JSONValue {
    guard let counts = try? await state.counts() else { return .null }
    return [
      "projects": .integer(counts.projects), "active_projects": .integer(counts.activeProjects),
      "tokens": .integer(counts.tokens), "active_tokens": .integer(counts.activeTokens),
    ]
  }
}
