import Logging
import ProxyCore
import Synchronization

/// What every request to `/manage` passes before its handler: credentials, method, body, repetition.
final class ManagementGate: Sendable {
  /// Answers one request that was let through. Throws `ManagementFault` for anything but success.
  typealias Handler = @Sendable (ManagementContext) async throws -> Reply

  private let credentials: CredentialCheck
  private let trail: AuditTrail
  private let seconds: @Sendable () -> Int64
  private let repetitions = Mutex(IdempotencyTable())

  /// `seconds` is a steady clock.
  init(credentials: CredentialCheck, trail: AuditTrail, seconds: @escaping @Sendable () -> Int64) {
    self.credentials = credentials
    self.trail = trail
    self.seconds = seconds
  }

  /// Lets a request through to the handler of its method, or refuses it. Never throws.
  func pass(_ context: ManagementContext, to handlers: [String: Handler]) async -> Reply {
    await Self.answering(context) {
      let context = try await admit(context)
      guard let handler = handlers[context.request.method] else {
        throw ManagementFault.methodNotAllowed(Array(handlers.keys))
      }
      return try await once(context.withBody(), handler)
    }
  }

  /// The request with who asks. Throws 401, 403 or 429 for whoever may not.
  func admit(_ context: ManagementContext) async throws -> ManagementContext {
    var context = context
    let principal = try await credentials.principal(of: context)
    context.principal = principal
    guard principal.role == .admin || ["GET", "HEAD"].contains(context.request.method) else {
      await trail.record(AuditDraft("admin.access"), .denied, fault: .forbiddenRole, in: context)
      throw ManagementFault.forbiddenRole
    }
    return context
  }

  /// Who is signed in, whatever else the request carries. Throws 401 when nobody is.
  func admitSession(_ context: ManagementContext) throws -> Principal {
    guard let (key, session) = credentials.sessions.session(of: context.request) else {
      throw ManagementFault.noSession
    }
    try RequestOrigin.refuseOtherSites(context.request)
    return Principal(user: session.user, role: session.role, means: .session(key))
  }

  /// Runs `body` and makes an answer of what it throws.
  static func answering(_ context: ManagementContext, _ body: () async throws -> Reply) async -> Reply {
    do {
      return try await body()
    } catch let fault as ManagementFault {
      if fault.status >= 500 {
        context.logger.error("management request failed", metadata: ["error.code": "\(fault.code)"])
      }
      return .fault(fault)
    } catch {
      context.logger.error("management request failed", metadata: ["error": "\(error)"])
      return .fault(ManagementFault(500, "internal_error", "internal error"))
    }
  }
}

// MARK: - Repetition

extension ManagementGate {
  /// Runs the handler; for a `POST` with an `Idempotency-Key` at most once for each key of one `scope`.
  func once(_ context: ManagementContext, scope: String = "", _ handler: Handler) async throws -> Reply {
    guard context.request.method == "POST", let given = context.request.header("idempotency-key") else {
      return try await handler(context)
    }
    guard (1...255).contains(given.utf8.count) else {
      throw ManagementFault.invalid("Idempotency-Key must have 1 to 255 bytes")
    }
    // A field's value holds no line feed, so no two pairs look alike.
    let key = "\(scope)\n\(given)"
    switch repetitions.withLock({ $0.admit(key: key, fingerprint: Self.fingerprint(context), at: seconds()) })
    {
    case .proceed: break
    case .replay(var reply):
      reply.headers.append(("Idempotency-Replayed", "true"))
      return reply
    case .inProgress:
      throw ManagementFault(
        409, "idempotency_key_in_use", "a request with this Idempotency-Key is still being carried out",
        headers: [.init(name: "Retry-After", value: "1")])
    case .reused:
      throw ManagementFault(
        422, "idempotency_key_reused", "this Idempotency-Key was used for another request")
    }
    do {
      let reply = try await handler(context)
      repetitions.withLock { $0.complete(key: key, with: reply) }
      return reply
    } catch {
      // Nothing was done, so nothing has to be repeated: the next one with this key runs.
      repetitions.withLock { $0.abandon(key: key) }
      throw error
    }
  }

  private static func fingerprint(_ context: ManagementContext) -> Int {
    var hasher = Hasher()
    hasher.combine(context.request.path)
    hasher.combine(context.request.query)
    hasher.combine(context.request.body)
    return hasher.finalize()
  }
}
