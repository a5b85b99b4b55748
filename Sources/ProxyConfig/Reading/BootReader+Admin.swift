import ProxyCore

extension BootReader {
  /// Reads the settings of the admin UI.
  func admin() -> AdminSettings {
    var admin = AdminSettings()
    admin.isEnabled = settings.boolean("ADMIN_UI_ENABLED", variable: "ADMIN_UI_ENABLED", default: true)
    admin.webDirectory = settings.text(
      "LLM_PROXY_WEB_DIR", variable: "LLM_PROXY_WEB_DIR", default: standardWebDirectory())
    admin.administrator = account("ADMIN_USER", "ADMIN_PASSWORD")
    admin.viewer = account("ADMIN_VIEWER_USER", "ADMIN_VIEWER_PASSWORD")
    admin.sessionIdle = span("ADMIN_SESSION_IDLE", default: admin.sessionIdle)
    admin.sessionLifetime = span("ADMIN_SESSION_LIFETIME", default: admin.sessionLifetime)
    admin.loginAttempts = settings.integer(
      "LOGIN_ATTEMPTS", variable: "LOGIN_ATTEMPTS", default: admin.loginAttempts, range: 1...1_000_000)
    if let viewer = admin.viewer, viewer.user == admin.administrator?.user {
      let (place, key) = settings.environment.place(of: "ADMIN_VIEWER_USER")
      settings.report.refuse(
        place, key, "this is the name of the administrator too", "give the two accounts different names")
    }
    return admin
  }

  /// A duration above zero; a variable that says another one is refused.
  private func span(_ variable: String, default standard: Duration) -> Duration {
    let span = settings.value(
      variable, variable: variable, default: standard, show: SettingText.describe, SettingText.duration)
    guard span > .zero else {
      let (place, key) = settings.environment.place(of: variable)
      settings.report.refuse(place, key, "is not above zero", "write a duration such as 30m")
      return standard
    }
    return span
  }

  /// `web` beside the program's `bin` folder, or where `make install` puts it, or what was built here.
  private func standardWebDirectory() -> String {
    let candidates = programFolder.map { ["\($0)/../web", "\($0)/../lib/llm-proxy/web"] } ?? []
    return candidates.first(where: isFolder) ?? AdminSettings().webDirectory
  }

  private func account(_ userVariable: String, _ passwordVariable: String) -> AdminSettings.Account? {
    let user = settings.text(userVariable, variable: userVariable)
    let password = settings.optional(passwordVariable, variable: passwordVariable, show: \.description) {
      (text: String) in Secret(text)
    }
    if user == nil, password == nil { return nil }
    guard let user, let password else {
      let (given, missing) =
        user == nil ? (passwordVariable, userVariable) : (userVariable, passwordVariable)
      settings.report.refuse(
        settings.environment.place(of: given).location, missing,
        "\(given) is set, and this is not", "set both, or neither to sign in with the management token")
      return nil
    }
    check(user, userVariable, password, passwordVariable)
    return AdminSettings.Account(user: user, password: password)
  }

  private func check(
    _ user: String, _ userVariable: String, _ password: Secret, _ passwordVariable: String
  ) {
    let (place, key) = settings.environment.place(of: userVariable)
    if user.contains(":") || user.utf8.count > 64 || user.unicodeScalars.contains(where: { $0.value < 32 }) {
      // HTTP Basic ends the name at the first colon.
      settings.report.refuse(
        place, key, "this cannot be a user name",
        "write at most 64 bytes without colon and control characters")
    }
    if password.count < 8 {
      let (place, key) = settings.environment.place(of: passwordVariable)
      settings.report.warn(place, key, "this is shorter than 8 characters and can be guessed")
    }
  }
}
