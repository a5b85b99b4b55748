import ProxyConfig
import ProxyCore
import Synchronization

/// The sessions in force, and the cookie that names one. Any thread.
final class AdminSessions: Sendable {
  /// Name of the cookie.
  static let cookieName = "llmproxy_session"

  private let table: Mutex<SessionTable>
  private let seconds: @Sendable () -> Int64

  /// `seconds` is a steady clock.
  init(_ settings: AdminSettings, seconds: @escaping @Sendable () -> Int64) {
    table = Mutex(
      SessionTable(
        idleSeconds: max(1, settings.sessionIdle.components.seconds),
        lifetimeSeconds: max(1, settings.sessionLifetime.components.seconds)))
    self.seconds = seconds
  }

  /// Begins a session; the id goes into the cookie and nowhere else.
  func open(user: String, role: Principal.Role) -> (id: String, session: SessionTable.Session) {
    let id = RandomText.make()
    let session = table.withLock {
      $0.open(SessionKey(id: id), user: user, role: role, csrfToken: RandomText.make(), at: seconds())
    }
    return (id, session)
  }

  /// The living session that the request's cookie names. A request with `X-Background: 1` looks without
  /// keeping the session from ending.
  func session(of request: ControlRequest) -> (key: SessionKey, session: SessionTable.Session)? {
    guard let id = Self.cookie(of: request) else { return nil }
    let key = SessionKey(id: id)
    let isUse = request.header("x-background") != "1"
    return table.withLock { $0.find(key, at: seconds(), isUse: isUse) }.map { (key, $0) }
  }

  /// Whether a session goes on.
  func isAlive(_ key: SessionKey) -> Bool {
    table.withLock { $0.find(key, at: seconds(), isUse: false) != nil }
  }

  /// Ends the session that the request's cookie names.
  func close(_ request: ControlRequest) {
    guard let id = Self.cookie(of: request) else { return }
    _ = table.withLock { $0.close(SessionKey(id: id)) }
  }

  /// Seconds until `session` ends if nobody uses it.
  func secondsLeft(_ session: SessionTable.Session) -> Int64 {
    table.withLock { $0.secondsLeft(session, at: seconds()) }
  }
}

// MARK: - Cookie

extension AdminSessions {
  /// The id in the request's cookie; `nil` when there is none of its form.
  static func cookie(of request: ControlRequest) -> String? {
    for (name, value) in request.headers where name == "cookie" {
      for pair in value.split(separator: ";") {
        let parts = pair.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
        guard parts.count == 2, parts[0] == cookieName else { continue }
        let id = parts[1]
        if id.utf8.count == 64, id.utf8.allSatisfy({ hexValue($0) != nil }) { return String(id) }
      }
    }
    return nil
  }

  /// The field that gives a browser its session, or, without an id, takes it away.
  static func setCookie(_ id: String?, for request: ControlRequest) -> (String, String) {
    // A proxy in front that ends TLS says so; whoever lies about it harms only itself.
    let isSecure = request.isTLS || request.header("x-forwarded-proto")?.lowercased() == "https"
    let attributes = "Path=/; HttpOnly; SameSite=Strict" + (isSecure ? "; Secure" : "")
    let content = id.map { "\($0); " } ?? "; Max-Age=0; "
    return ("Set-Cookie", "\(cookieName)=\(content)\(attributes)")
  }
}
