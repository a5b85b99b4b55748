/// Which audit events a list holds; every field given must match exactly.
public struct AuditFilter: Sendable {
  /// What was done, such as `token.create`.
  public var action: String?
  /// Who did it.
  public var actor: String?
  /// How it ended: `success`, `failure`, `denied` or `error`.
  public var outcome: String?
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
  /// Found anywhere in ids, address, action, actor, method, path, reason or metadata; case-insensitive for
  /// ASCII.
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
  /// Rows of the chain's beginning that retention has removed.
  public internal(set) var removed: Int64 = 0
  /// The first thing wrong, as a sentence that names the row; `nil` when the chain is whole.
  public var problem: String?
  /// Hash of the newest row; kept elsewhere it proves that nothing was cut off at the end.
  public var headHash: String?

  /// True when nothing is wrong.
  public var isWhole: Bool { problem == nil }

  /// A finding.
  public init(verified: Int, unchained: Int, problem: String?, headHash: String?) {
    self.verified = verified
    self.unchained = unchained
    self.problem = problem
    self.headHash = headHash
  }
}

/// A part of the audit trail read on from a place in it, newest first.
public struct AuditWindow: Sendable {
  /// The events.
  public var events: [AuditRecord]
  /// What to ask for to get the ones after them; `nil` at the end.
  public var next: String?
}
