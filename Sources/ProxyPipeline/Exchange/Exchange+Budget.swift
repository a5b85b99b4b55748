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

  /// Whether the body has to be seen because money depends on it.
  var isBudgeted: Bool { request.method == .post && !budgets.isEmpty }

  /// Sets aside what the exchange may cost. `stop` when it was refused or has to wait; `admit` is called again
  /// then.
  func reserveBudget() -> Step {
    guard reservation == nil, request.method == .post else { return .next }
    let budgets = budgets
    guard !budgets.isEmpty else { return .next }
    guard let micros = estimatedMicros() else {
      fault(.unpriced)
      return .stop
    }
    let now = Clocks.unixMilliseconds()
    var outcome = BudgetReservation.reserve(micros, in: budgets, nowMilliseconds: now, ready: nil)
    if case .pending = outcome {
      // Only now is a way back needed: the usual request allocates none.
      let reference = makeReference()
      outcome = BudgetReservation.reserve(micros, in: budgets, nowMilliseconds: now) {
        reference.run { if $0.phase == .accounting { $0.admit() } }
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

  /// The most the exchange is expected to cost: input by the size of the body, output by the limit it names.
  /// `nil` when its model has no price. A request that names no model costs next to nothing as far as we know,
  /// but is not let through on a budget that is used up.
  private func estimatedMicros() -> Int64? {
    guard let model = servedModel?.string else { return 1 }
    guard let price = loop.state.prices.price(model: model, provider: currentRoute?.name.string) else {
      return nil
    }
    let cost = price.cost(input: estimatedInput, cachedInput: 0, output: reservedOutput)
    return max(1, cost.roundedUp)
  }

  /// Model tokens that the answer may have: the limit the request names, for each of its choices.
  private var reservedOutput: Int64 {
    let operation = Operations.name(path: path)
    if operation.equals(Slice("embeddings")) || operation.equals(Slice("moderations")) { return 0 }
    let limit =
      integerMember("max_completion_tokens") ?? integerMember("max_output_tokens")
      ?? integerMember("max_tokens") ?? loop.state.prices.table.reservedOutputTokens
    let choices = integerMember("n") ?? 1
    return max(Int64(0), limit).multipliedSaturated(by: max(1, choices))
  }

  private func integerMember(_ name: StaticString) -> Int64? {
    guard indexBody(), let base = bodyBase else { return nil }
    let raw = UnsafeRawBufferPointer(start: base, count: body?.readableBytes ?? 0)
    guard let range = members.value(named: Slice(name).bytes, nth: 0, in: raw), range.count <= 18 else {
      return nil
    }
    return Int64(String(decoding: raw[range], as: UTF8.self))
  }

  /// Settles the reservation, if there is one, and notes the charge.
  func settleBudget(_ entry: inout UsageEntry) {
    guard let reservation else { return }
    self.reservation = nil
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
}

extension Int64 {
  /// The product, or the largest number when it is beyond.
  fileprivate func multipliedSaturated(by other: Int64) -> Int64 {
    let (product, isOver) = multipliedReportingOverflow(by: other)
    return isOver ? .max : product
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
    let what = refusal.isOnlyReserved ? "is reserved by requests under way" : "is used up"
    return GatewayFault(
      429, type: "insufficient_quota", code: "budget_exceeded", "The \(which) of the \(whose) \(what)",
      mayRetry: refusal.isOnlyReserved || refusal.period != .total)
  }

  /// A budget cannot be kept with a model whose price nobody knows.
  static let unpriced = GatewayFault(
    403, type: "invalid_request_error", code: "model_not_priced",
    "This access token has a budget and the model has no price; add the model to prices", mayRetry: false)
}
