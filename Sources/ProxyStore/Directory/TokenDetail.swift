/// The part of a counter that most tokens of a large installation do not have. Touched under the token's lock
/// only.
final class TokenDetail {
  /// Counts this process may hand out without asking the file.
  var lease: Int64 = 0
  /// Counts of a given-back lease that the file still includes.
  var returning: Int64 = 0
  /// True from the moment a lease is asked for until the writer has answered.
  var wantsRefill = false
  /// Called once each when the writer has answered.
  var waiters: [@Sendable () -> Void] = []
  /// Since when the lease asked for is waited for.
  var waitingSince: Int64 = 0
  /// Until then nothing is fetched because the database could not be written.
  var unavailableUntil: Int64 = 0
  /// Cache hits that the file does not know yet, and the part of them being written.
  var cacheHits: Int64 = 0
  var transitHits: Int64 = 0
  /// Lease and return being written.
  var transitLease: Int64 = 0
  var transitReturn: Int64 = 0
  /// True while the token stands in the writer's list of tokens with a lease.
  var isListed = false
  /// Idle expiry, renewal, parent; stays once made.
  var withering: TokenWithering?
  var label: String?
  /// `nil` when it has none.
  var policies: OwnPolicies?
  /// What the token may spend; stays when its limits go.
  var budget: BudgetAccount?
  var isBudgetLimited = false
  /// Id of a token whose id is not a UUID.
  var oddID: String?
}
