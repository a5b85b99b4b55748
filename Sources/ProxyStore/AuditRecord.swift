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

/// Which audit events a list holds; every field given must match exactly.
public struct AuditFilter: Sendable {
  public var action: String?
  public var actor: String?
  public var outcome: String?
  public var projectID: String?
  public var requestID: String?
  public var correlationID: String?
  public var clientIP: String?
  public var method: String?
  public var path: String?
  /// Found anywhere in ids, address, action, actor, method, path, reason or metadata; case-insensitive for ASCII.
  public var search: String?
  /// Not before this moment.
  public var start: Timestamp?
  /// Not after this moment.
  public var end: Timestamp?

  /// Everything.
  public init() {}
}

/// One page of the audit trail, newest first.
public struct AuditPage: Sendable {
  /// At most `pageSize` of them.
  public var events: [AuditRecord]
  /// Page number, from 1.
  public var page: Int
  /// Events a page holds.
  public var pageSize: Int
  /// Events that match the filter.
  public var totalCount: Int
}

/// What a check of the audit chain found.
public struct AuditVerification: Sendable, Equatable {
  /// Rows whose hash was computed again and is right.
  public var verified: Int
  /// Rows outside of the chain, written by the Go program.
  public var unchained: Int
  /// The first thing wrong, as a sentence that names the row; `nil` when the chain is whole.
  public var problem: String?
  /// Hash of the newest row; kept elsewhere it proves that nothing was cut off at the end.
  public var headHash: String?
}
