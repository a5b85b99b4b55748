import ProxyCore
import ProxyStore
import Synchronization

@testable import ProxyManagement

/// The store, with failures put in front of it.
final class FaultyState: ManagementState {
  private let store: Store
  private let failure = Mutex<StoreError?>(nil)
  private let auditFailure = Mutex<StoreError?>(nil)
  private let reported = Mutex<StoreHealth?>(nil)
  private let listed = Mutex(0)

  init(_ store: Store) {
    self.store = store
  }

  /// Every operation but audit fails with `error` from now on; `nil` mends it.
  func fail(with error: StoreError?) { failure.withLock { $0 = error } }

  /// Audit events cannot be appended from now on.
  func failAudit(with error: StoreError?) { auditFailure.withLock { $0 = error } }

  /// `health` is this from now on.
  func report(_ health: StoreHealth) { reported.withLock { $0 = health } }

  /// How often a page of tokens was read.
  var tokenPagesRead: Int { listed.withLock { $0 } }

  var health: StoreHealth { reported.withLock { $0 } ?? store.health }

  private func check() throws(StoreError) {
    if let error = failure.withLock({ $0 }) { throw error }
  }

  func counts() async throws(StoreError) -> StoreCounts {
    try check()
    return try await store.counts()
  }

  func listProjects() async throws(StoreError) -> [ProjectRecord] {
    try check()
    return try await store.listProjects()
  }

  func project(id: String) async throws(StoreError) -> ProjectRecord {
    try check()
    return try await store.project(id: id)
  }

  func createProject(
    _ creation: ProjectCreation, event: AuditEvent<ProjectRecord>?
  ) async throws(StoreError) -> ProjectRecord {
    try check()
    return try await store.createProject(creation, event: event)
  }

  func updateProject(
    id: String, _ change: ProjectChange, if condition: (@Sendable (ProjectRecord) -> Bool)?,
    event: AuditEvent<ProjectRecord>?
  ) async throws(StoreError) -> ProjectRecord {
    try check()
    return try await store.updateProject(id: id, change, if: condition, event: event)
  }

  func deleteProject(
    id: String, isPurge: Bool, event: AuditEvent<RevocationCounts>?
  ) async throws(StoreError) -> RevocationCounts {
    try check()
    return try await store.deleteProject(id: id, isPurge: isPurge, event: event)
  }

  func revokeTokens(
    projectID: String, event: AuditEvent<RevocationCounts>?
  ) async throws(StoreError) -> RevocationCounts {
    try check()
    return try await store.revokeTokens(projectID: projectID, event: event)
  }

  func listTokens(_ filter: TokenFilter, limit: Int, after: String?) async throws(StoreError) -> TokenPage {
    try check()
    listed.withLock { $0 += 1 }
    return try await store.listTokens(filter, limit: limit, after: after)
  }

  func token(_ reference: TokenReference) async throws(StoreError) -> TokenRecord {
    try check()
    return try await store.token(reference)
  }

  func createToken(
    _ creation: TokenCreation, event: AuditEvent<TokenRecord>?
  ) async throws(StoreError) -> IssuedToken {
    try check()
    return try await store.createToken(creation, event: event)
  }

  func updateToken(
    _ reference: TokenReference, _ change: TokenChange, if condition: (@Sendable (TokenRecord) -> Bool)?,
    event: AuditEvent<TokenRecord>?
  ) async throws(StoreError) -> TokenRecord {
    try check()
    return try await store.updateToken(reference, change, if: condition, event: event)
  }

  func revokeToken(
    _ reference: TokenReference, event: AuditEvent<TokenRevocation>?
  ) async throws(StoreError) -> TokenRevocation {
    try check()
    return try await store.revokeToken(reference, event: event)
  }

  func holder(presenting secret: Secret, mayLoad: Bool) async -> Store.Holder {
    if failure.withLock({ $0 }) != nil { return .unavailable }
    return await store.holder(presenting: secret, mayLoad: mayLoad)
  }

  func lineage(id: String) async throws(StoreError) -> [TokenRecord] {
    try check()
    return try await store.lineage(id: id)
  }

  func effectivePolicy(of id: String) async throws(StoreError) -> PolicyRules? {
    try check()
    return try await store.effectivePolicy(of: id)
  }

  func childrenCount(of id: String) async throws(StoreError) -> Int {
    try check()
    return try await store.childrenCount(of: id)
  }

  func revokeChild(
    id: String, of parentID: String, event: AuditEvent<TokenRevocation>?
  ) async throws(StoreError) -> TokenRevocation {
    try check()
    return try await store.revokeChild(id: id, of: parentID, event: event)
  }

  func appendAudit(_ record: AuditRecord) async throws(StoreError) -> AuditRecord {
    if let error = auditFailure.withLock({ $0 }) { throw error }
    return try await store.appendAudit(record)
  }

  func recordAudit(_ record: AuditRecord) { store.recordAudit(record) }

  func listAudit(_ filter: AuditFilter, limit: Int, after: String?) async throws(StoreError) -> AuditWindow {
    try check()
    return try await store.listAudit(filter, limit: limit, after: after)
  }

  func verifyAudit() async throws(StoreError) -> AuditVerification {
    try check()
    return try await store.verifyAudit()
  }

  func listAudit(_ filter: AuditFilter, page: Int, pageSize: Int) async throws(StoreError) -> AuditPage {
    try check()
    return try await store.listAudit(filter, page: page, pageSize: pageSize)
  }

  func auditEvent(id: String) async throws(StoreError) -> AuditRecord {
    try check()
    return try await store.auditEvent(id: id)
  }

  var prices: PriceBook { store.prices }

  func usage(_ query: UsageQuery) async throws(StoreError) -> UsageReport {
    try check()
    return try await store.usage(query)
  }

  func usageEntries(
    _ filter: UsageEntryFilter, limit: Int, after: String?
  ) async throws(StoreError) -> UsageEntryPage {
    try check()
    return try await store.usageEntries(filter, limit: limit, after: after)
  }
}
