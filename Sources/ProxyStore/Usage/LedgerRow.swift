internal import ProxyCore

/// What an exchange was charged, and the day (since the epoch, UTC) whose budget it came from.
public struct UsageCharge: Sendable, Equatable {
  /// Micro-units of the currency of the price table, every started one whole.
  public var micros: Int64
  /// Days since the Unix epoch, UTC.
  public var day: Int64

  /// Most micro-units of one charge: nothing costs a thousand million, whatever a provider says that it counted.
  public static let most: Int64 = 1_000_000_000_000_000

  /// A charge; beyond `most` it is cut.
  public init(micros: Int64, day: Int64) {
    self.micros = min(micros, Self.most)
    self.day = day
  }
}

/// An entry with what the writer adds: ids as texts, the charge.
struct LedgerRow {
  let entry: UsageEntry
  let project: String?
  let token: String?
  /// The configured API, which is what prices and reports call a provider.
  let provider: String?
  let charge: UsageCharge?
  /// True when project, token, model and provider are those of the row before.
  let isLikeLast: Bool

  /// - Parameter last: the row before, whose texts and price serve again when they are the same: rows of one
  ///   batch tend to be alike.
  init(_ entry: UsageEntry, prices: PriceBook, price: inout ModelPrice?, last: LedgerRow?) {
    self.entry = entry
    if let last, last.entry.token === entry.token, last.entry.projectID == entry.projectID {
      (project, token) = (last.project, last.token)
      isLikeLast =
        last.entry.model == entry.model && last.entry.api == entry.api
        && last.entry.provider == entry.provider
    } else {
      (project, token) = (entry.token?.project.id ?? entry.projectID, entry.token?.id)
      isLikeLast = false
    }
    provider = entry.api ?? entry.provider
    if !isLikeLast {
      price = entry.model.flatMap { prices.price(model: $0, provider: entry.api ?? entry.provider) }
    }
    charge = entry.charge ?? price.map { entry.ownCharge($0) }
  }

  /// Whom the charge belongs to: project, token, and the tokens it descends from.
  var scopes: [(scope: BudgetScope, id: String)] {
    var scopes: [(BudgetScope, String)] = []
    if let project { scopes.append((.project, project)) }
    // What a child spends is spent by those it descends from.
    for token in entry.token?.lineage ?? [] { scopes.append((.token, token.id)) }
    return scopes
  }
}

extension UsageEntry {
  /// The charge at `price`, on the day the exchange ended.
  fileprivate func ownCharge(_ price: ModelPrice) -> UsageCharge {
    let micros = price.cost(
      input: counts.input, cachedInput: counts.cachedInput, output: counts.output
    ).roundedUp
    let ended = startedMilliseconds + durationMicroseconds / 1000
    return UsageCharge(micros: micros, day: ended / UsageRollup.dayMilliseconds)
  }
}
