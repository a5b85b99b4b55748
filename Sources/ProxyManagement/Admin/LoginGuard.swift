import ProxyCore
import Synchronization

/// Counts refused logins, wherever they are tried, slows guessing down and has it audited. Any thread.
final class LoginGuard: Sendable {
  private let trail: AuditTrail
  private let seconds: @Sendable () -> Int64
  private let throttle: Mutex<LoginThrottle>

  /// `allowance` is how many wrong credentials an address may show in a minute, `seconds` a steady clock.
  init(
    trail: AuditTrail, allowance: Int = LoginThrottle.allowance, seconds: @escaping @Sendable () -> Int64
  ) {
    throttle = Mutex(LoginThrottle(allowance: allowance))
    self.trail = trail
    self.seconds = seconds
  }

  /// Throws 429 when the peer has guessed too often. Asked before a password is looked at: unlike the
  /// management token a password may be guessable, so even the right one has to wait.
  func checkPeer(of context: ManagementContext) throws(ManagementFault) {
    let left = throttle.withLock { $0.blockedSeconds(context.request.peer, at: seconds()) }
    if let left { throw .throttled(retryAfter: left) }
  }

  /// Notes a refused login; what to answer is `fault`, or 429 when there were too many.
  ///
  /// By the peer's address: what a request without credentials says about itself is worth nothing.
  func refuse(_ fault: ManagementFault, isGuess: Bool, _ context: ManagementContext) async -> ManagementFault
  {
    var fault = fault
    let verdict = throttle.withLock { $0.refused(context.request.peer, isGuess: isGuess, at: seconds()) }
    if let seconds = verdict.retryAfterSeconds { fault = .throttled(retryAfter: seconds) }
    if verdict.isAudited {
      await trail.record(AuditDraft("admin.login"), .denied, fault: fault, actor: "anonymous", in: context)
    }
    return fault
  }
}
