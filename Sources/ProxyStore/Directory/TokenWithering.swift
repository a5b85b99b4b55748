/// Bounds on the tokens that tokens make.
public enum ChildLimits {
  /// Generations below a token made by management.
  public static let depth = 4
  /// Descendants, of all generations together, of a token made by management. Withered ones give way.
  public static let descendants = 1000
}

/// The token that a token hangs on.
enum Parentage {
  /// None: management made it.
  case none
  /// It has one, and it is not there any more.
  case missing
  case known(AccessToken)
}

/// The part of a counter that only tokens with idle expiry, renewal or a parent have. Touched under the token's
/// lock only; all times in milliseconds, moments since the Unix epoch.
final class TokenWithering {
  /// How long a use may wait before every process can read it in the file. A token whose time ended less than
  /// this ago may be in use elsewhere.
  static let writeLag: Int64 = 1000

  private(set) var row = WitheringRow()
  /// When the row was read last to decide whether its time is over.
  var lookedAt: Int64 = 0
  /// Called once each with whether the row could be read; not empty while a look is under way.
  var lookers: [@Sendable (Bool) -> Void] = []
  /// `row.parent` in memory.
  private var parent: AccessToken?

  /// Takes over what the file says.
  func adopt(_ row: WitheringRow) {
    if row.parent != self.row.parent { parent = nil }
    self.row = row
  }

  /// Hands over the token that `row.parent` names.
  func link(_ token: AccessToken) {
    if token.hash == row.parent { parent = token }
  }

  var parentage: Parentage {
    guard row.hasParent else { return .none }
    return parent.map { .known($0) } ?? .missing
  }

  /// True when the file has to hear of each use.
  var dependsOnUse: Bool { row.idle > 0 || row.renew > 0 }

  /// When it withers if it is not used after `lastUsed`.
  func idleEnd(lastUsed: Int64) -> Int64 {
    row.idle == 0 ? .max : max(lastUsed, row.lastUse) + row.idle
  }

  /// The expiry after a use: never sooner than before, never beyond the bound, and no life for what was
  /// expired when it was used.
  func expiry(_ expires: Int64, afterUseAt use: Int64) -> Int64 {
    Self.expiry(expires, afterUseAt: use, renew: row.renew, until: row.renewUntil)
  }

  static func expiry(_ expires: Int64, afterUseAt use: Int64, renew: Int64, until: Int64) -> Int64 {
    renew > 0 && use > 0 && use < expires ? max(expires, min(use + renew, until)) : expires
  }
}
