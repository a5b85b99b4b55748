import CLLMProxyPlugin
import ProxyCore
import ProxyStore

/// The end of an exchange as others hear of it: ledger, figures, journal.
extension Exchange {
  /// Hands the exchange to the ledger, and to the journal when its loop still has room for it in this moment.
  func recordExchange() {
    let status = outcome.isClientGone ? 499 : outcome.status
    let isShown = loop.admission.admits(isTrouble: status >= 400 || status == 0, at: times.ended)
    guard isShown || isUsage else { return }
    // Filled in place and moved to the ledger: a copy counts a reference for each of its texts.
    var entry = UsageEntry(
      token: nil, requestID: requestID.string,
      startedMilliseconds: Int64(times.startedUnixNanoseconds / 1_000_000))
    describe(&entry)
    if isUsage { settleBudget(&entry) }
    if isShown { journal(entry, status) }
    if isUsage { loop.state.recordUsage(entry) }
  }

  private func journal(_ entry: UsageEntry, _ status: UInt16) {
    guard let serving else { return }
    var record = ExchangeRecord(
      entry: entry, method: "\(request.method.name)", path: Self.shown(path), clientAddress: peer.string)
    record.entry.status = status
    record.attempts = attempts
    record.cacheStatus = metadata.text(LLMP_META_CACHE_STATUS)?.string
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
