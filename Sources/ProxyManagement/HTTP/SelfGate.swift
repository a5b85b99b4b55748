import ProxyCore
import ProxyStore
import Synchronization

/// What every request to `/self` passes before its handler: an access token that may be used, method,
/// body, repetition.
final class SelfGate: Sendable {
  /// Answers one request of the holder of the access token with this id.
  typealias Handler = @Sendable (ManagementContext, _ holderID: String) async throws -> Reply

  private let state: any ManagementState
  private let gate: ManagementGate
  private let trail: AuditTrail
  private let seconds: @Sendable () -> Int64
  private let throttle: Mutex<LoginThrottle>

  /// `gate` remembers repetitions; `seconds` is a steady clock.
  init(
    state: any ManagementState, gate: ManagementGate, trail: AuditTrail,
    allowance: Int = LoginThrottle.allowance, seconds: @escaping @Sendable () -> Int64
  ) {
    throttle = Mutex(LoginThrottle(allowance: allowance))
    self.state = state
    self.gate = gate
    self.trail = trail
    self.seconds = seconds
  }

  /// Lets a request through to the handler of its method, or refuses it. Never throws.
  func pass(_ context: ManagementContext, to handlers: [String: Handler]) async -> Reply {
    await ManagementGate.answering(context) {
      let holderID = try await authenticate(context)
      guard let handler = handlers[context.request.method] else {
        throw ManagementFault.methodNotAllowed(Array(handlers.keys))
      }
      // Keys belong to who sends them.
      return try await gate.once(context.withBody(), scope: holderID) { try await handler($0, holderID) }
    }
  }

  /// The id of the access token presented. A token that is used up may still look at itself and revoke its
  /// children.
  private func authenticate(_ context: ManagementContext) async throws -> String {
    guard let authorization = try? Authorization(context.request), case .bearer(let text) = authorization
    else {
      // Whatever is wrong with the field, it is no access token.
      throw await refusal(.noAccessToken, context, isGuess: false)
    }
    guard TokenSecret.isWellFormed(text) else { throw await refusal(.malformedToken, context, isGuess: true) }
    // Guesses do not get at the file once they are throttled; a right token is in memory.
    let mayLoad = throttle.withLock { $0.blockedSeconds(context.request.peer, at: seconds()) == nil }
    switch await state.holder(presenting: Secret(text), mayLoad: mayLoad) {
    case .unknown: throw await refusal(.unknownToken, context, isGuess: true)
    case .unavailable:
      throw ManagementFault.unavailable("failed to look up the access token: the database is unavailable")
    case .known(let id, let state):
      if state == .usedUp, context.request.method != "POST" { return id }
      guard let fault = ManagementFault.withered(state) else { return id }
      throw await refusal(fault, context, isGuess: false, tokenID: id)
    }
  }

  /// Counts and audits a refusal; a guess too many becomes 429.
  private func refusal(
    _ fault: ManagementFault, _ context: ManagementContext, isGuess: Bool, tokenID: String? = nil
  ) async -> ManagementFault {
    var fault = fault
    let verdict = throttle.withLock { $0.refused(context.request.peer, isGuess: isGuess, at: seconds()) }
    if let seconds = verdict.retryAfterSeconds { fault = .throttled(retryAfter: seconds) }
    if verdict.isAudited {
      var draft = AuditDraft("self.login")
      draft.tokenID = tokenID
      await trail.record(draft, .denied, fault: fault, actor: "anonymous", in: context)
    }
    return fault
  }
}

extension ManagementFault {
  /// What the holder of a token in this state is told; `nil` when it may be used.
  static func withered(_ state: TokenState) -> ManagementFault? {
    switch state {
    case .active: nil
    case .revoked: tokenFault("token_inactive", "the access token was revoked")
    case .expired: tokenFault("token_expired", "the access token has expired")
    case .idleExpired: tokenFault("token_idle_expired", "the access token was not used for too long")
    case .parentInactive:
      tokenFault("token_parent_inactive", "a token that this access token descends from is no longer valid")
    case .usedUp:
      ManagementFault(
        429, "rate_limit_exceeded", "the requests of the access token are used up", headers: [doNotRetry])
    case .projectInactive: ManagementFault(403, "project_inactive", "the project is inactive")
    }
  }

  static let noAccessToken = ManagementFault(
    401, "missing_credentials", "missing or invalid Authorization header", headers: [bearer])
  static let malformedToken = tokenFault("invalid_token", "this is not an access token")
  static let unknownToken = tokenFault("token_not_found", "there is no such access token")

  private static func tokenFault(_ code: String, _ message: String) -> ManagementFault {
    ManagementFault(401, code, message, headers: [bearer, doNotRetry])
  }

  private static let bearer = Header(name: "WWW-Authenticate", value: "Bearer realm=\"self\"")
  private static let doNotRetry = Header(name: "x-should-retry", value: "false")
}
