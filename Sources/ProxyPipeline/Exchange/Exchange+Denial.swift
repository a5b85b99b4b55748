import CLLMProxyPlugin
import ProxyStore

/// What the audit trail is told about refused requests.
extension Exchange {
  /// Tells of an answer of ours that refused the request for lack of rights or of quota.
  func recordDenial() {
    guard outcome.isGatewayReply, let record = loop.state.recordDenial else { return }
    let status = outcome.status
    guard status == 401 || status == 403 || status == 429 else { return }
    var denial = DeniedRequest(
      code: metadata.text(LLMP_META_DENY_REASON)?.string ?? "denied", status: status,
      requestID: requestID.string, method: method.string, path: path.string, clientIP: peer.string)
    denial.userAgent = requestMap.get(Slice("user-agent"))?.string
    let known = token ?? peeked
    denial.tokenID = known?.id
    denial.projectID = known?.project.id
    record(denial)
  }
}
