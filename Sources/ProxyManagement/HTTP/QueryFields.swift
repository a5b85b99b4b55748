import ProxyCore

/// The fields of a query (`a=1&b=2`), decoded as HTML forms write them. A field that cannot be decoded is
/// left out.
struct QueryFields: Sendable {
  /// More fields than this are not looked at.
  static let limit = 64

  private var fields: [(name: String, value: String)] = []

  /// Reads a query without its question mark.
  init(_ query: String) {
    for pair in query.split(separator: "&", maxSplits: Self.limit).prefix(Self.limit) {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = Percent.decoded(parts[0], plusIsSpace: true),
        let value = Percent.decoded(parts.count > 1 ? parts[1] : "", plusIsSpace: true)
      else { continue }
      fields.append((name, value))
    }
  }

  /// The first value of `name`, even an empty one.
  func first(_ name: String) -> String? {
    fields.first { $0.name == name }?.value
  }

  /// The first value of the first of `names` that is given and not empty.
  func text(_ names: String...) -> String? {
    for name in names {
      if let value = fields.first(where: { $0.name == name })?.value, !value.isEmpty { return value }
    }
    return nil
  }

  /// A switch: `true`, `1`, `yes` and a name without a value are on, all else off; `nil` when absent.
  func flag(_ names: String...) -> Bool? {
    for name in names {
      guard let value = fields.first(where: { $0.name == name })?.value else { continue }
      return ["", "1", "t", "true", "yes"].contains(value.lowercased())
    }
    return nil
  }

  /// The whole number that a value begins with, as the Go program reads it (`12abc` is 12); `nil` when there
  /// is none.
  func integer(_ name: String) -> Int? {
    guard let value = text(name) else { return nil }
    let sign = value.hasPrefix("-") || value.hasPrefix("+") ? 1 : 0
    let digits = value.dropFirst(sign).prefix { $0.isASCII && $0.isNumber }
    return Int(value.prefix(sign) + digits)
  }
}

/// The part of a list that a client asks for with `limit` and `after`.
struct PageWindow: Sendable {
  /// Most elements a page has; a larger `limit` gets this many.
  static let maximum = 1000
  /// Elements of a page when only `after` is given.
  static let standard = 100
  /// Status 400: `after` does not name a place in this list.
  static let unknownAfter = ManagementFault.invalid("after does not name an element of this list")

  let limit: Int
  let after: String?

  /// The first page of a list that never comes whole.
  init(limit: Int) {
    self.limit = limit
    after = nil
  }

  /// Reads the query; `nil` when it asks for the whole list. Throws 400 for a `limit` that is no positive
  /// number.
  init?(_ query: QueryFields) throws(ManagementFault) {
    after = query.text("after")
    guard let text = query.first("limit") else {
      guard after != nil else { return nil }
      limit = Self.standard
      return
    }
    guard let number = Int(text), number > 0 else {
      throw .invalid("limit must be a number from 1 to \(Self.maximum)")
    }
    limit = min(number, Self.maximum)
  }

  /// The fields that lead to the next page; none on the last.
  func headers(next: String?, for request: ControlRequest) -> [(String, String)] {
    guard let next else { return [] }
    let kept = request.query.split(separator: "&").filter { !$0.hasPrefix("after=") }
    let query = (kept.map(String.init) + ["after=\(Percent.encoded(next))"]).joined(separator: "&")
    return [("X-Next-After", next), ("Link", "<\(request.path)?\(query)>; rel=\"next\"")]
  }
}
