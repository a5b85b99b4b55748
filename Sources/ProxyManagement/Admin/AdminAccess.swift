/// Who may come in and how: accounts, sessions, and the gate in front of `/manage`.
struct AdminAccess: Sendable {
  let sessions: AdminSessions
  let gate: ManagementGate
  private let routes: SessionRoutes

  init(_ settings: ManagementSettings, trail: AuditTrail) {
    let seconds = settings.clock
    let accounts = AdminAccounts(managementToken: settings.token, settings.admin)
    let logins = LoginGuard(
      trail: trail, allowance: settings.admin.loginAttempts, seconds: seconds)
    sessions = AdminSessions(settings.admin, seconds: seconds)
    let credentials = CredentialCheck(accounts: accounts, sessions: sessions, logins: logins)
    gate = ManagementGate(credentials: credentials, trail: trail, seconds: seconds)
    routes = SessionRoutes(
      accounts: accounts, sessions: sessions, logins: logins, trail: trail,
      apiBaseURL: settings.admin.apiBaseURL)
  }

  /// Adds the UI's files from `folder`, and signing in.
  func addPages(folder: String, to table: RouteTable) {
    WebRoutes(folder: WebFolder(path: folder)).add(to: table) { [routes] context in
      await routes.answer(context)
    }
  }
}
