/// What models cost, as configured: the first entry that matches a model and its provider is in force.
public struct PriceTable: Sendable, Equatable {
  /// One line of the table.
  public struct Entry: Sendable, Equatable {
    /// Which models.
    public var match: NamePattern
    /// Configured API the entry is for; `nil` is any.
    public var provider: String?
    /// The price.
    public var price: ModelPrice

    /// An entry for the models that `match` stands for.
    public init(_ match: String, provider: String? = nil, _ price: ModelPrice) {
      self.match = NamePattern(match)
      self.provider = provider
      self.price = price
    }
  }

  /// Currency of every amount, such as `USD`.
  public var currency: String
  /// The configured entries, then the built-in ones unless they are switched off.
  public var entries: [Entry]
  /// How many of `entries`, from the end, are built in.
  public var builtInCount: Int
  /// Output tokens that a budget reserves for a request that names no limit.
  public var reservedOutputTokens: Int64

  /// A table; the built-in one by default.
  public init(
    currency: String = "USD", entries: [Entry] = [], includesBuiltIn: Bool = true,
    reservedOutputTokens: Int64 = 4096
  ) {
    self.currency = currency
    self.entries = entries + (includesBuiltIn ? Self.builtIn : [])
    builtInCount = includesBuiltIn ? Self.builtIn.count : 0
    self.reservedOutputTokens = reservedOutputTokens
  }

  /// The price of a model at a configured API; `nil` when no entry matches.
  public func price(model: String, provider: String?) -> ModelPrice? {
    entries.first { entry in
      (entry.provider == nil || entry.provider == provider) && entry.match.matches(model)
    }?.price
  }
}
