import CLLMProxyPlugin
import ProxyCore
import ProxyStore

/// The end of an exchange as others hear of it: ledger, figures, journal.
extension Exchange {
  /// Hands the exchange to the journal when its loop still has room for it in this moment.
  func journal(_ entry: UsageEntry?) {
    let status = outcome.isClientGone ? 499 : outcome.status
    let isTrouble = status >= 400 || status == 0
    guard let serving, loop.admission.admits(isTrouble: isTrouble, at: times.ended) else { return }
    var record = ExchangeRecord(
      entry: entry ?? usageEntry(), method: "\(request.method.name)",
      path: Self.shown(path), clientAddress: peer.string)
    record.entry.status = status
    // A token that was known and not let through is what an operator wants to know of.
    if record.entry.token == nil { record.entry.token = peeked }
    record.attempts = attempts
    record.trace = ExchangeTrace(serving.names, route: selectedRoute, times: times, trace)
    if outcome.isGatewayReply, let code = metadata.text(LLMP_META_DENY_REASON)?.string {
      record.refusal = ExchangeRecord.Refusal(
        code: code, message: refusalMessage.string, stage: deniedBy?.name)
    }
    loop.state.journal.push(record)
  }

  private static func shown(_ path: Slice) -> String {
    guard path.count > ExchangeRecord.pathLimitBytes, let start = path.start else { return path.string }
    return Slice(start: start, count: ExchangeRecord.pathLimitBytes).string
  }
}
