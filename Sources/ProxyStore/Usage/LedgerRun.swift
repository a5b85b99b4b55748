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

/// Entries of one batch that follow each other and have caller, model and provider in common, which is usual:
/// what the writer adds to an entry is looked up once for all of them.
///
/// It names its entries by their places: an entry holds nine counted references, and a copy counts them all.
struct LedgerRun {
  let places: Range<Int>
  let accessToken: AccessToken?
  let project: String?
  let token: String?
  let model: String?
  /// The configured API, which is what prices and reports call a provider.
  let provider: String?
  let price: ModelPrice?

  /// The run that begins at `start`, which must be a place of `entries`.
  init(from start: Int, in entries: [UsageEntry], _ prices: PriceBook) {
    var end = start + 1
    while end < entries.count, Self.isAlike(entries, start, end) { end += 1 }
    places = start..<end
    accessToken = entries[start].token
    project = accessToken?.project.id ?? entries[start].projectID
    token = accessToken?.id
    model = entries[start].model
    let provider = entries[start].api ?? entries[start].provider
    self.provider = provider
    price = model.flatMap { prices.price(model: $0, provider: provider) }
  }

  private static func isAlike(_ entries: [UsageEntry], _ left: Int, _ right: Int) -> Bool {
    entries[left].token === entries[right].token && entries[left].projectID == entries[right].projectID
      && entries[left].model == entries[right].model && entries[left].api == entries[right].api
      && entries[left].provider == entries[right].provider
  }

  /// Whom charges belong to: project, token, and the tokens it descends from.
  var scopes: [(scope: BudgetScope, id: String)] {
    var scopes: [(BudgetScope, String)] = []
    if let project { scopes.append((.project, project)) }
    // What a child spends is spent by those it descends from.
    for token in accessToken?.lineage ?? [] { scopes.append((.token, token.id)) }
    return scopes
  }

  /// The charge for `counts` at this run's price, on the day the exchange ended.
  func charge(_ counts: UsageCounts, endedMilliseconds: Int64) -> UsageCharge? {
    guard let price else { return nil }
    let cost = price.cost(input: counts.input, cachedInput: counts.cachedInput, output: counts.output)
    return UsageCharge(micros: cost.roundedUp, day: endedMilliseconds / UsageRollup.dayMilliseconds)
  }
}
