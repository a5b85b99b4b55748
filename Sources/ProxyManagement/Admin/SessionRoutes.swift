import ProxyCore
import ProxyStore

/// `/admin/session`: signing in, looking at the session, signing out.
struct SessionRoutes: Sendable {
  let accounts: AdminAccounts
  let sessions: AdminSessions
  let logins: LoginGuard
  let trail: AuditTrail
  /// Where applications reach the API, when that is not the address of the UI.
  let apiBaseURL: String?

  /// Bytes of a login that are read: anybody may send one.
  private static let loginLimitBytes = 16_384

  /// Answers a request for the session. Never throws.
  func answer(_ context: ManagementContext) async -> Reply {
    var reply: Reply
    do throws(ManagementFault) {
      try RequestOrigin.refuseOtherSites(context.request)
      switch context.request.method {
      case "POST": reply = try await open(context)
      case "GET": reply = try show(context)
      case "DELETE": reply = try await close(context)
      default: throw ManagementFault.methodNotAllowed(["GET", "POST", "DELETE"])
      }
    } catch {
      reply = .fault(error)
    }
    reply.headers.append(("Cache-Control", "no-store"))
    return reply
  }

  private func open(_ context: ManagementContext) async throws(ManagementFault) -> Reply {
    // A form of another site can send neither this type nor a field of its own without being asked first.
    guard context.request.header("content-type")?.lowercased().hasPrefix("application/json") == true else {
      throw ManagementFault(415, "unsupported_media_type", "Content-Type must be application/json")
    }
    let body = try await context.withBody(upTo: Self.loginLimitBytes).request.body
    let fields = try RequestFields(body)
    try fields.refuseOthers(than: "username", "password", "management_token")
    guard let (user, role) = try account(fields, context) else {
      throw await logins.refuse(.invalidCredentials, isGuess: true, context)
    }
    sessions.close(context.request)
    let (id, session) = sessions.open(user: user, role: role)
    var context = context
    context.principal = Principal(user: user, role: role, means: .session(SessionKey(id: id)))
    await trail.record(AuditDraft("admin.login"), .success, in: context)
    return document(session, headers: [AdminSessions.setCookie(id, for: context.request)])
  }

  private func account(
    _ fields: RequestFields, _ context: ManagementContext
  ) throws(ManagementFault) -> (String, Principal.Role)? {
    // A right management token is never throttled, here as anywhere: it cannot be guessed, and must not be locked out.
    if let token = try fields.string("management_token") {
      return accounts.isManagementToken(token) ? (Principal.tokenUser, .admin) : nil
    }
    try logins.checkPeer(of: context)
    guard let user = try fields.string("username"), let password = try fields.string("password") else {
      throw .invalid("username and password, or management_token, are required", code: "missing_field")
    }
    return accounts.role(user: user, password: password).map { (user, $0) }
  }

  private func show(_ context: ManagementContext) throws(ManagementFault) -> Reply {
    guard let (_, session) = sessions.session(of: context.request) else { throw .noSession }
    return document(session)
  }

  private func close(_ context: ManagementContext) async throws(ManagementFault) -> Reply {
    let gone = Reply(status: 204, headers: [AdminSessions.setCookie(nil, for: context.request)])
    guard let (key, session) = sessions.session(of: context.request) else { return gone }
    try session.check(context.request)
    sessions.close(context.request)
    var context = context
    context.principal = Principal(user: session.user, role: session.role, means: .session(key))
    await trail.record(AuditDraft("admin.logout"), .success, in: context)
    return gone
  }

  private func document(_ session: SessionTable.Session, headers: [(String, String)] = []) -> Reply {
    let end = Timestamp.now().advanced(by: .seconds(sessions.secondsLeft(session)))
    let members: JSONValue = [
      "user": .string(session.user), "role": .string(session.role.rawValue),
      "csrf_token": .string(session.csrfToken), "expires_at": .string(end.rfc3339),
    ]
    let address = apiBaseURL.map { [JSONValue.Member(name: "api_base_url", value: .string($0))] } ?? []
    return .json(200, members.adding(address), headers: headers)
  }
}

extension SessionTable.Session {
  /// Throws 403 unless the request brings the session's CSRF token: a page of another site can make a browser
  /// send the cookie, but cannot read the token.
  func check(_ request: ControlRequest) throws(ManagementFault) {
    var presented = request.header("x-csrf-token") ?? ""
    let isRight = presented.withUTF8 { Secret(csrfToken).matches(UnsafeRawBufferPointer($0)) }
    guard isRight else { throw .csrfTokenMismatch }
  }
}
