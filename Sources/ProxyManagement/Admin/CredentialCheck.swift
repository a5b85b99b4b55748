import ProxyCore

/// Finds out who sent a request: by bearer token, by name and password, or by session.
struct CredentialCheck: Sendable {
  let accounts: AdminAccounts
  let sessions: AdminSessions
  let logins: LoginGuard

  /// Who asks. Throws 401 or 429 for credentials that are absent or wrong, 403 for a write that another site's
  /// page may have caused.
  func principal(of context: ManagementContext) async throws(ManagementFault) -> Principal {
    // What a program sends on purpose counts before what a browser sends by itself.
    let authorization: Authorization
    do {
      authorization = try Authorization(context.request)
    } catch {
      throw await logins.refuse(error, isGuess: false, context)
    }
    switch authorization {
    case .bearer(let token):
      if accounts.isManagementToken(token) { return .managementAPI }
      throw await logins.refuse(.wrongCredentials, isGuess: true, context)
    case .basic(let user, let password):
      try logins.checkPeer(of: context)
      guard let role = accounts.role(user: user, password: password) else {
        throw await logins.refuse(.invalidCredentials, isGuess: true, context)
      }
      // A browser that was given a password once sends it by itself, like a cookie.
      if Self.isWrite(context.request) { try RequestOrigin.refuseOtherSites(context.request) }
      return Principal(user: user, role: role, means: .password)
    case .none:
      return try await sessionPrincipal(of: context)
    }
  }

  private func sessionPrincipal(of context: ManagementContext) async throws(ManagementFault) -> Principal {
    guard AdminSessions.cookie(of: context.request) != nil else {
      throw await logins.refuse(.missingCredentials, isGuess: false, context)
    }
    guard let (key, session) = sessions.session(of: context.request) else { throw .noSession }
    if Self.isWrite(context.request) {
      try RequestOrigin.refuseOtherSites(context.request)
      try session.check(context.request)
    }
    return Principal(user: session.user, role: session.role, means: .session(key))
  }

  private static func isWrite(_ request: ControlRequest) -> Bool {
    !["GET", "HEAD"].contains(request.method)
  }
}
