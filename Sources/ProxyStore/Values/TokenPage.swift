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
