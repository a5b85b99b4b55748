import Logging
import ProxyCore
import Synchronization

/// What every request to `/manage` passes before its handler: credentials, method, repetition.
final class ManagementGate: Sendable {
  /// Answers one request that was let through. Throws `ManagementFault` for anything but success.
  typealias Handler = @Sendable (ManagementContext) async throws -> Reply

  private let token: Secret
  private let trail: AuditTrail
  private let seconds: @Sendable () -> Int64
  private let throttle = Mutex(LoginThrottle())
  private let repetitions = Mutex(IdempotencyTable())

  /// `seconds` is a steady clock.
  init(token: Secret, trail: AuditTrail, seconds: @escaping @Sendable () -> Int64) {
    self.token = token
    self.trail = trail
    self.seconds = seconds
  }

  /// Lets a request through to the handler of its method, or refuses it. Never throws.
  func pass(_ context: ManagementContext, to handlers: [String: Handler]) async -> Reply {
    do {
      try await authenticate(context)
      guard let handler = handlers[context.request.method] else {
        throw ManagementFault.methodNotAllowed(Array(handlers.keys))
      }
      return try await once(context, handler)
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

// MARK: - Credentials

extension ManagementGate {
  private func authenticate(_ context: ManagementContext) async throws {
    var fault = ManagementFault.missingCredentials
    var isGuess = false
    if var presented = Self.presented(context.request) {
      if presented.withUTF8({ token.matches(UnsafeRawBufferPointer($0)) }) { return }
      (fault, isGuess) = (.wrongCredentials, true)
    }
    // By the peer's address: what a request without credentials says about itself is worth nothing.
    let verdict = throttle.withLock { $0.refused(context.request.peer, isGuess: isGuess, at: seconds()) }
    if let seconds = verdict.retryAfterSeconds { fault = .throttled(retryAfter: seconds) }
    if verdict.isAudited {
      await trail.record(AuditDraft("admin.login"), .denied, fault: fault, actor: "anonymous", in: context)
    }
    throw fault
  }

  /// The token of the one `Authorization: Bearer` field; `nil` when there is none, several, or another
  /// scheme.
  private static func presented(_ request: ControlRequest) -> String? {
    let fields = request.headers.filter { $0.0 == "authorization" }
    guard fields.count == 1 else { return nil }
    let parts = fields[0].1.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
    let token = parts[1].drop { $0 == " " }
    return token.isEmpty ? nil : String(token)
  }
}

// MARK: - Repetition

extension ManagementGate {
  /// Runs the handler; for a `POST` with an `Idempotency-Key` at most once for each key.
  private func once(_ context: ManagementContext, _ handler: Handler) async throws -> Reply {
    guard context.request.method == "POST", let key = context.request.header("idempotency-key") else {
      return try await handler(context)
    }
    guard (1...255).contains(key.utf8.count) else {
      throw ManagementFault.invalid("Idempotency-Key must have 1 to 255 bytes")
    }
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
