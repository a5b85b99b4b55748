import CLLMProxyPlugin
import ProxyCore
import ProxyStore

/// Budgets: what an exchange may cost is set aside before it leaves, and what it did cost put in its place.
extension Exchange {
  /// The budgets this exchange has to fit into; none allocates nothing.
  private var budgets: [BudgetAccount] {
    if let token { return token.budgets }
    guard let id = metadata.text(LLMP_META_PROJECT_ID) else { return [] }
    return loop.state.directory.project(id: id.string)?.budget.map { [$0] } ?? []
  }

  /// Whether money depends on the request.
  var isBudgeted: Bool { request.method == .post && !budgets.isEmpty }

  /// Sets aside what the exchange may cost. `stop` when it was refused or has to wait; `admit` is called again
  /// then.
  func reserveBudget() -> Step {
    guard reservation == nil, request.method == .post else { return .next }
    let budgets = budgets
    guard !budgets.isEmpty else { return .next }
    let micros: Int64
    do {
      micros = try estimatedMicros()
    } catch {
      fault(error)
      return .stop
    }
    let now = Clocks.unixMilliseconds()
    var outcome = BudgetReservation.reserve(micros, in: budgets, nowMilliseconds: now, ready: nil)
    if case .pending = outcome {
      // Only now is a way back needed: the usual request allocates none.
      let reference = awaitStore()
      outcome = BudgetReservation.reserve(micros, in: budgets, nowMilliseconds: now) {
        reference.run { $0.storeAnswered() }
      }
    }
    switch outcome {
    case .reserved(let made):
      reservation = made
      return .next
    case .exceeded(let refusal): refuse(refusal, now: now)
    case .pending: break
    case .unavailable: fault(.storeUnavailable)
    }
    return .stop
  }

  private func refuse(_ refusal: BudgetRefusal, now: Int64) {
    loop.figures.budgetRefusals += 1
    let fault = GatewayFault.budgetExceeded(refusal)
    if let seconds = refusal.retryAfterSeconds(nowMilliseconds: now) {
      // SDKs ignore longer ones.
      let wait = copyToArena(String(min(60, seconds)))
      responseMap.add(name: Slice("retry-after"), value: wait)
    }
    self.fault(fault)
  }

  /// Settles the reservation, if there is one, and notes the charge.
  func settleBudget(_ entry: inout UsageEntry) {
    guard let reservation else { return }
    self.reservation = nil
    // A micro-unit is set aside where nothing is known of the cost.
    if reservation.micros > 1, isLeftUnmeasured(entry) {
      // It does not throw for what it has admitted.
      let reserved = (try? reservedOutput()).flatMap(Self.plausible) ?? 0
      entry.counts = UsageCounts(input: estimatedInput, output: max(entry.counts.output, reserved))
      entry.provenance = .estimated
    }
    var micros: Int64 = 0
    if let model = entry.model, let price = loop.state.prices.price(model: model, provider: entry.api) {
      let counts = entry.counts
      micros =
        price.cost(input: counts.input, cachedInput: counts.cachedInput, output: counts.output).roundedUp
    }
    let charge = UsageCharge(micros: micros, day: reservation.day)
    reservation.settle(cost: charge.micros)
    entry.charge = charge
    entry.reservation = reservation
  }

  /// Whether the client left a provider at work before anything told what the work costs. It may be all that was
  /// asked for, and leaving early must be no way around a budget. What never reached a provider, or was refused
  /// by it, costs nothing, and of a stream the events have been counted.
  private func isLeftUnmeasured(_ entry: UsageEntry) -> Bool {
    outcome.isClientGone && outcome.isRequestSent && isBodyComplete && outcome.status < 400
      && entry.provenance != .reported && entry.provenance != .counted
  }
}

extension GatewayFault {
  /// A budget has no room for what the request may cost.
  static func budgetExceeded(_ refusal: BudgetRefusal) -> GatewayFault {
    let whose = refusal.scope == .token ? "access token" : "project"
    let which =
      switch refusal.period {
      case .day: "daily budget"
      case .month: "monthly budget"
      case .total: "budget"
      }
    let what =
      refusal.isOnlyReserved
      ? "is reserved by requests under way"
      : "is used up, or has no room for what this request may cost; a smaller max_tokens reserves less"
    return GatewayFault(
      429, type: "insufficient_quota", code: "budget_exceeded", "The \(which) of the \(whose) \(what)",
      mayRetry: refusal.isOnlyReserved || refusal.period != .total)
  }
}
