public import ProxyCore
public import ProxyStore

/// What `/self` needs of the state behind it: who presents a secret, and the tokens it hangs on and has made.
/// Any thread.
public protocol HolderState: Sendable {
  /// Who presents a secret; with `mayLoad` false only what is in memory is looked at.
  func holder(presenting secret: Secret, mayLoad: Bool) async -> Store.Holder
  /// A token and its ancestors, itself first; throws `.notFound`.
  func lineage(id: String) async throws(StoreError) -> [TokenRecord]
  /// What requests with a token are under, all in all; throws `.notFound`.
  func effectivePolicy(of id: String) async throws(StoreError) -> PolicyRules?
  /// Tokens a token has made.
  func childrenCount(of id: String) async throws(StoreError) -> Int
  /// Revokes a token that `parentID` has made; throws `.notFound`.
  func revokeChild(
    id: String, of parentID: String, event: AuditEvent<TokenRevocation>?
  ) async throws(StoreError) -> TokenRevocation
}
