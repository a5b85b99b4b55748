public import ProxyCore
public import ProxyStore

/// What management needs of the state behind it; `Store` is it, tests put faults in between. Any thread.
///
/// A change is in force for the next request when its method returns, and stored in one step with the audit event
/// that `event` makes of it. A `condition` is checked in one step
/// with the change, on the row as it is then; when it does not hold, nothing is changed and
/// `.preconditionFailed` thrown.
public protocol ManagementState: HolderState {
  /// How the store is doing now.
  var health: StoreHealth { get }

  /// How many projects and tokens there are. A sum over all rows: ask seldom.
  func counts() async throws(StoreError) -> StoreCounts

  /// All projects that are not deleted, by name.
  func listProjects() async throws(StoreError) -> [ProjectRecord]
  /// One project; throws `.notFound`.
  func project(id: String) async throws(StoreError) -> ProjectRecord
  /// Adds a project; throws `.nameTaken`, `.invalid`.
  func createProject(
    _ creation: ProjectCreation, event: AuditEvent<ProjectRecord>?
  ) async throws(StoreError) -> ProjectRecord
  /// Changes a project; throws `.notFound`, `.nameTaken`, `.invalid`.
  func updateProject(
    id: String, _ change: ProjectChange, if condition: (@Sendable (ProjectRecord) -> Bool)?,
    event: AuditEvent<ProjectRecord>?
  ) async throws(StoreError) -> ProjectRecord
  /// Deletes a project and revokes its tokens; rows are kept unless `isPurge`. Throws `.notFound`.
  func deleteProject(
    id: String, isPurge: Bool, event: AuditEvent<RevocationCounts>?
  ) async throws(StoreError) -> RevocationCounts
  /// Revokes all tokens of a project; throws `.notFound`.
  func revokeTokens(
    projectID: String, event: AuditEvent<RevocationCounts>?
  ) async throws(StoreError) -> RevocationCounts

  /// A page of tokens, newest first; `after` is the `next` of the page before. Throws `.invalid`.
  func listTokens(_ filter: TokenFilter, limit: Int, after: String?) async throws(StoreError) -> TokenPage
  /// One token; throws `.notFound`.
  func token(_ reference: TokenReference) async throws(StoreError) -> TokenRecord
  /// Makes a token; throws `.notFound` for the project or the parent, `.inactiveProject`, `.invalid`,
  /// `.widerThanParent`, `.tooDeep`, `.tooManyChildren`.
  func createToken(
    _ creation: TokenCreation, event: AuditEvent<TokenRecord>?
  ) async throws(StoreError) -> IssuedToken
  /// Changes a token; throws `.notFound`, `.invalid`.
  func updateToken(
    _ reference: TokenReference, _ change: TokenChange, if condition: (@Sendable (TokenRecord) -> Bool)?,
    event: AuditEvent<TokenRecord>?
  ) async throws(StoreError) -> TokenRecord
  /// Revokes one token and its descendants; throws `.notFound`.
  func revokeToken(
    _ reference: TokenReference, event: AuditEvent<TokenRevocation>?
  ) async throws(StoreError) -> TokenRevocation

  /// Adds an event to the audit trail and waits until it is stored.
  func appendAudit(_ record: AuditRecord) async throws(StoreError) -> AuditRecord
  /// Adds an event with the next batch, without waiting.
  func recordAudit(_ record: AuditRecord)
  /// A page of events, newest first.
  func listAudit(_ filter: AuditFilter, page: Int, pageSize: Int) async throws(StoreError) -> AuditPage
  /// A part of the trail, newest first; `after` is the `next` of the part before. Throws `.invalid`.
  func listAudit(_ filter: AuditFilter, limit: Int, after: String?) async throws(StoreError) -> AuditWindow
  /// Computes the hash chain of the trail again.
  func verifyAudit() async throws(StoreError) -> AuditVerification
  /// One event; throws `.notFound`.
  func auditEvent(id: String) async throws(StoreError) -> AuditRecord

  /// What models cost.
  var prices: PriceBook { get }
  /// Sums of the ledger; throws `.invalid`.
  func usage(_ query: UsageQuery) async throws(StoreError) -> UsageReport
  /// A page of ledger entries, newest first; throws `.invalid`.
  func usageEntries(_ filter: UsageEntryFilter, limit: Int, after: String?) async throws(StoreError)
    -> UsageEntryPage
}

extension Store: ManagementState {}
