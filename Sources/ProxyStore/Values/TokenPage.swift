/// What an access token is good for, as lists are filtered by it. A revoked one counts as nothing else, an
/// expired one not as used up.
public enum TokenStatus: String, Sendable, CaseIterable {
  /// It may be used.
  case active
  /// Its time is over.
  case expired
  /// It was revoked.
  case revoked
  /// `max_requests` requests were counted.
  case usedUp = "used_up"
}

/// The order of a list of tokens; equals are ordered by id.
public struct TokenOrder: Sendable, Equatable {
  /// What it goes by. A token that never expires comes after all others, one that was never used before them.
  public enum Key: String, Sendable, CaseIterable {
    /// When it was made.
    case createdAt = "created_at"
    /// When a request was counted last, as far as the file knows: up to a second behind.
    case lastUsedAt = "last_used_at"
    /// When it withers.
    case expiresAt = "expires_at"
    /// Requests counted, as far as the file knows, leases included.
    case requestCount = "request_count"
  }

  /// What it goes by.
  public var key: Key
  /// Least first.
  public var isAscending: Bool

  /// Greatest first unless said otherwise.
  public init(by key: Key = .createdAt, isAscending: Bool = false) {
    self.key = key
    self.isAscending = isAscending
  }
}

/// Which tokens a list holds, and in which order.
public struct TokenFilter: Sendable {
  /// Only tokens of this project.
  public var projectID: String?
  /// Only tokens that are neither revoked nor expired, by time or by disuse.
  public var activeOnly: Bool
  /// Only tokens in this state.
  public var status: TokenStatus?
  /// Only tokens whose label contains this text (ASCII letters in either case), or whose id or masked form
  /// begins with it.
  public var search: String?
  /// Only tokens that this one has made.
  public var parentID: String?
  /// Newest first unless said otherwise.
  public var order = TokenOrder()

  /// All tokens, or fewer.
  public init(
    projectID: String? = nil, activeOnly: Bool = false, status: TokenStatus? = nil, search: String? = nil,
    parentID: String? = nil, order: TokenOrder = TokenOrder()
  ) {
    self.projectID = projectID
    self.activeOnly = activeOnly
    self.status = status
    self.search = search
    self.parentID = parentID
    self.order = order
  }
}

/// One page of a list.
public struct TokenPage: Sendable {
  /// At most as many as asked for.
  public var tokens: [TokenRecord]
  /// What to pass as `after` for the next page; `nil` on the last. Opaque, safe in a URL.
  public var next: String?
}
