import ProxyStore

/// Names a state of a project or token, for `ETag` and `If-Match`.
///
/// It covers what `PATCH` can change and not the counts, which grow with every request: a change made on what
/// an operator saw is refused when somebody else's change came between, and not because traffic went on.
struct EntityTag: Equatable, Sendable {
  /// The tag with its quotes.
  let text: String

  private init(_ parts: [String]) {
    // FNV-1a: the same in every process and version of this program, and no attacker gains by a collision.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for part in parts {
      for byte in part.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
      hash = (hash ^ 0xff) &* 0x100_0000_01b3
    }
    let digits = String(hash, radix: 16)
    text = "\"" + String(repeating: "0", count: 16 - digits.count) + digits + "\""
  }

  /// The tag of a project.
  init(_ project: ProjectRecord) {
    self.init([
      project.id, project.name, project.updatedAt.rfc3339, String(project.isActive),
      project.policy?.plainText ?? "-", project.metadata?.plainText ?? "-",
      BudgetFields.tag(project.budget),
    ])
  }

  /// The tag of an access token.
  init(_ token: TokenRecord) {
    // An expiry that use moves is no more of a change than a count.
    let expiry = token.renewOnUse == nil ? token.expiresAt : nil
    self.init([
      token.id, String(token.isActive), token.maxRequests.map { String($0) } ?? "-",
      expiry?.rfc3339 ?? "-", token.label.map { "=" + $0 } ?? "-",
      token.policy?.plainText ?? "-", token.metadata?.plainText ?? "-",
      token.idleTimeout.map { String($0) } ?? "-", token.renewOnUse.map { String($0) } ?? "-",
      token.renewUntil?.rfc3339 ?? "-",
      BudgetFields.tag(token.budget),
    ])
  }

  /// Tells whether the value of an `If-Match` field names this state; no field, or `*`, names any.
  func satisfies(_ ifMatch: String?) -> Bool {
    guard let ifMatch else { return true }
    return ifMatch.split(separator: ",").contains { entry in
      let tag = entry.drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" }
      return tag == "*" || tag == text
    }
  }
}
