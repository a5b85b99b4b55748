public import ProxyCore

/// An access token as management shows it: everything but its secret.
public struct TokenRecord: Sendable, Equatable {
  /// UUID text, the handle for management.
  public var id: String
  /// `sk-XXXX**************YYYY`, or `sk-**********************` for a token that was stored as a hash only.
  public var maskedToken: String
  /// Project it belongs to.
  public var projectID: String
  /// Free text of whoever made it.
  public var label: String?
  /// When it withers; `nil` is never.
  public var expiresAt: Timestamp?
  /// False once revoked.
  public var isActive: Bool
  /// When it was revoked, when known.
  public var deactivatedAt: Timestamp?
  /// Requests counted, without what this process has leased and not used. Another process's lease counts as used.
  public var requestCount: Int64
  /// Lifetime limit of requests; `nil` is unlimited.
  public var maxRequests: Int64?
  /// When it was made.
  public var createdAt: Timestamp
  /// When a request was counted last.
  public var lastUsedAt: Timestamp?
  /// Answers from the response cache.
  public var cacheHitCount: Int64
}

/// What a new access token needs.
public struct TokenCreation: Sendable {
  /// An active project.
  public var projectID: String
  /// When it withers, in the future; `nil` is never.
  public var expiresAt: Timestamp?
  /// Lifetime limit of requests, not negative; `nil` and 0 are unlimited.
  public var maxRequests: Int64?
  /// Free text, at most 255 bytes.
  public var label: String?

  /// A new token for a project.
  public init(projectID: String, expiresAt: Timestamp?, maxRequests: Int64? = nil, label: String? = nil) {
    self.projectID = projectID
    self.expiresAt = expiresAt
    self.maxRequests = maxRequests
    self.label = label
  }
}

/// A token just made: the only moment its secret is known.
public struct IssuedToken: Sendable {
  /// The row as stored.
  public var record: TokenRecord
  /// What the client presents; not kept anywhere.
  public var secret: Secret
}

/// A change of one field that can also be emptied.
public enum FieldChange<Value: Sendable>: Sendable {
  /// Leaves the field as it is.
  case keep
  /// Empties the field: no limit, no expiry, no label.
  case clear
  /// Gives the field a new value.
  case set(Value)
}

/// Fields of an access token to change. The request count is not among them: it only grows by use.
public struct TokenChange: Sendable {
  /// Revokes or re-activates; `nil` keeps.
  public var isActive: Bool?
  /// New lifetime limit, not negative; 0 is unlimited.
  public var maxRequests: FieldChange<Int64>
  /// New expiry; a moment in the past withers it now.
  public var expiresAt: FieldChange<Timestamp>
  /// New label.
  public var label: FieldChange<String>

  /// Changes the given fields only.
  public init(
    isActive: Bool? = nil, maxRequests: FieldChange<Int64> = .keep, expiresAt: FieldChange<Timestamp> = .keep,
    label: FieldChange<String> = .keep
  ) {
    self.isActive = isActive
    self.maxRequests = maxRequests
    self.expiresAt = expiresAt
    self.label = label
  }
}

/// How management names a token: by its id or by the secret itself.
public enum TokenReference: Sendable {
  /// UUID text.
  case id(String)
  /// What the client presents.
  case secret(Secret)

  /// Reads a path component: a text in the form of a secret is one, anything else is an id.
  public init(pathComponent text: String) {
    self = TokenSecret.isWellFormed(text) ? .secret(Secret(text)) : .id(text)
  }
}

/// The outcome of revoking one token.
public struct TokenRevocation: Sendable {
  /// The row after it.
  public var record: TokenRecord
  /// False when it was revoked before and nothing changed.
  public var wasActive: Bool
}

/// Which tokens a list holds.
public struct TokenFilter: Sendable {
  /// Only tokens of this project.
  public var projectID: String?
  /// Only tokens that are neither revoked nor expired.
  public var activeOnly: Bool

  /// All tokens, or fewer.
  public init(projectID: String? = nil, activeOnly: Bool = false) {
    self.projectID = projectID
    self.activeOnly = activeOnly
  }
}

/// One page of a list, newest first.
public struct TokenPage: Sendable {
  /// At most as many as asked for.
  public var tokens: [TokenRecord]
  /// What to pass as `after` for the next page; `nil` on the last. Opaque, safe in a URL.
  public var next: String?
}
