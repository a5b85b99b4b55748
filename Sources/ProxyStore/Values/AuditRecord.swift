/// How the audited action ended.
public enum AuditOutcome: String, Sendable, CaseIterable {
  /// Done.
  case success
  /// Tried and not done, by the caller's mistake or a conflict.
  case failure
  /// Refused for lack of rights.
  case denied
  /// Tried and not done, by our mistake.
  case error
}

/// Makes the audit event of a change out of what came of it; `nil` is none. The event is stored in the transaction of
/// the change. Called on the writer's queue, again when a transaction is repeated.
public typealias AuditEvent<Outcome> = @Sendable (Outcome) -> AuditRecord?

/// One line of the audit trail. Holds no secret: callers mask token ids and never pass keys.
public struct AuditRecord: Sendable, Equatable {
  /// UUID text.
  public var id: String
  /// When it happened.
  public var timestamp: Timestamp
  /// What was done, such as `token.create`.
  public var action: String
  /// Who did it, such as `management_api`.
  public var actor: String
  /// How it ended.
  public var outcome: AuditOutcome
  /// Project concerned.
  public var projectID: String?
  /// Id of the HTTP request.
  public var requestID: String?
  /// The caller's own id for a chain of requests.
  public var correlationID: String?
  /// Address of the client.
  public var clientIP: String?
  /// HTTP method.
  public var method: String?
  /// HTTP path.
  public var path: String?
  /// `User-Agent`.
  public var userAgent: String?
  /// Why it failed.
  public var reason: String?
  /// Token concerned, masked.
  public var tokenID: String?
  /// A JSON document as text.
  public var metadata: String?
  /// Position in the hash chain, from 1; `nil` before it is stored and for rows of the Go program.
  public internal(set) var chainIndex: Int64?
  /// Lower-case hex SHA-256 over the previous row's hash and this row's content.
  public internal(set) var chainHash: String?

  /// A record of something that happens now, with a new id; fill in the rest.
  public init(action: String, actor: String, outcome: AuditOutcome) {
    id = UUIDText.random()
    timestamp = .now()
    self.action = action
    self.actor = actor
    self.outcome = outcome
  }
}
