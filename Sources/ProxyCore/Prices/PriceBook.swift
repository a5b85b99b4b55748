internal import Synchronization

/// The price table with the answers it has given: names of models repeat, patterns take their time. Any thread.
public final class PriceBook: Sendable {
  private struct Key: Hashable {
    var model: String
    var provider: String?
  }

  /// The table it looks into.
  public let table: PriceTable
  private let known = Mutex<[Key: ModelPrice?]>([:])
  /// Names come from clients: beyond this many the answers are forgotten and asked for again.
  private static let mostKnown = 4096

  /// A book over `table`.
  public init(_ table: PriceTable = PriceTable()) {
    self.table = table
  }

  /// The price of a model at a configured API; `nil` when there is none.
  public func price(model: String, provider: String?) -> ModelPrice? {
    let key = Key(model: model, provider: provider)
    return known.withLock { known in
      if let answer = known[key] { return answer }
      let answer = table.price(model: model, provider: provider)
      if known.count >= Self.mostKnown { known.removeAll(keepingCapacity: true) }
      known[key] = .some(answer)
      return answer
    }
  }
}
