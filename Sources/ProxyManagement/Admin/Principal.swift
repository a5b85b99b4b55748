/// Who asks, once the credentials were found right.
struct Principal: Sendable, Equatable {
  /// What a principal may do.
  enum Role: String, Sendable {
    /// Everything.
    case admin
    /// Look at everything and change nothing.
    case viewer
  }

  /// How the principal showed who it is.
  enum Means: Sendable, Equatable {
    /// The management token as bearer.
    case managementToken
    /// Name and password with the request (HTTP Basic).
    case password
    /// The cookie of a session.
    case session(SessionKey)
  }

  /// Name of the account; `management-token` for whoever holds only that.
  var user: String
  var role: Role
  var means: Means

  /// The name of a principal that signed in with the management token.
  static let tokenUser = "management-token"

  /// The program that holds the management token.
  static let managementAPI = Principal(user: tokenUser, role: .admin, means: .managementToken)

  /// The name under which the audit trail knows it.
  var actor: String {
    means == .managementToken ? "management_api" : "admin:\(user)"
  }
}
