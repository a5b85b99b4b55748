import Crypto

/// SHA-256 of a session's id: what is kept of it, so that memory does not hold what a browser signs in with.
struct SessionKey: Sendable, Hashable {
  private let digest: [UInt8]

  /// The key of the session with this id.
  init(id: String) {
    digest = Array(SHA256.hash(data: Array(id.utf8)))
  }
}

/// Random text that nobody guesses.
enum RandomText {
  /// 256 bits from the system's generator, as 64 hexadecimal digits.
  static func make() -> String {
    var system = SystemRandomNumberGenerator()
    return (0..<4).map { _ in
      let digits = String(system.next() as UInt64, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }
}

/// The sessions of the admin UI. No clock and no lock of its own.
struct SessionTable {
  /// What is known of one session.
  struct Session: Equatable {
    var user: String
    var role: Principal.Role
    /// What writes must bring back in `X-CSRF-Token`.
    var csrfToken: String
    var opened: Int64
    var lastUsed: Int64
  }

  /// Sessions at the same time; a further one ends the one not used for longest.
  static let limit = 256

  /// Seconds without use after which a session ends.
  let idleSeconds: Int64
  /// Seconds after which a session ends in any case.
  let lifetimeSeconds: Int64
  private var sessions: [SessionKey: Session] = [:]

  init(idleSeconds: Int64, lifetimeSeconds: Int64) {
    self.idleSeconds = idleSeconds
    self.lifetimeSeconds = lifetimeSeconds
  }

  /// Adds a session that begins at `second` (of any steady clock).
  mutating func open(
    _ key: SessionKey, user: String, role: Principal.Role, csrfToken: String, at second: Int64
  )
    -> Session
  {
    if sessions.count >= Self.limit {
      sessions = sessions.filter { isAlive($0.value, at: second) }
      if sessions.count >= Self.limit,
        let oldest = sessions.min(by: { $0.value.lastUsed < $1.value.lastUsed })
      {
        sessions[oldest.key] = nil
      }
    }
    let session = Session(
      user: user, role: role, csrfToken: csrfToken, opened: second, lastUsed: second)
    sessions[key] = session
    return session
  }

  /// The session of `key`, when it is alive. `isUse` says that somebody is there: it keeps the session from
  /// ending.
  mutating func find(_ key: SessionKey, at second: Int64, isUse: Bool) -> Session? {
    guard var session = sessions[key] else { return nil }
    guard isAlive(session, at: second) else {
      sessions[key] = nil
      return nil
    }
    if isUse {
      session.lastUsed = second
      sessions[key] = session
    }
    return session
  }

  /// Ends a session; true when there was one.
  mutating func close(_ key: SessionKey) -> Bool { sessions.removeValue(forKey: key) != nil }

  /// Seconds until `session` ends if nobody uses it.
  func secondsLeft(_ session: Session, at second: Int64) -> Int64 {
    min(session.lastUsed + idleSeconds, session.opened + lifetimeSeconds) - second
  }

  /// Sessions kept now.
  var count: Int { sessions.count }

  private func isAlive(_ session: Session, at second: Int64) -> Bool { secondsLeft(session, at: second) > 0 }
}
