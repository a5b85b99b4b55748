import ProxyCore
public import ProxyStore
import Synchronization

/// Records refusals of traffic in the audit trail (`proxy_request`, `denied`), at a bounded rate. Any thread; never
/// waits for database or file.
public final class DenialAudit: Sendable {
  private let trail: AuditTrail
  private let sampler = Mutex(DenialSampler())

  /// Records to where `settings` say: the database through `state`, the file through `log`.
  public init(settings: ManagementSettings, state: any ManagementState, log: AuditLog?) {
    trail =
      settings.isAuditEnabled
      ? AuditTrail(state: settings.storesAuditInDatabase ? state : nil, log: log)
      : AuditTrail(state: nil, log: nil)
  }

  /// Notes a refusal; most of a flood are only counted.
  public func record(_ denial: DeniedRequest) {
    let second = Int64(Clocks.monotonicNanoseconds() / 1_000_000_000)
    guard trail.isKept, let leftOut = sampler.withLock({ $0.admit(denial, at: second) }) else { return }
    let actor = denial.tokenID == nil ? "anonymous" : "access_token"
    var record = AuditRecord(action: "proxy_request", actor: actor, outcome: .denied)
    record.projectID = denial.projectID
    record.tokenID = denial.tokenID
    record.requestID = Redaction.shown(denial.requestID, 128)
    record.clientIP = denial.clientIP
    record.method = Redaction.shown(denial.method, 32)
    record.path = Redaction.shown(Percent.decoded(denial.path[...]) ?? denial.path, 512)
    record.userAgent = denial.userAgent.map { Redaction.shown($0, 512) }
    record.reason = denial.code
    let details: JSONValue = [
      "http_method": .optional(record.method), "endpoint": .optional(record.path),
      "user_agent": .string(record.userAgent ?? ""), "status": .integer(denial.status),
      "error_type": .string(denial.code), "left_out": .integer(leftOut),
    ]
    record.metadata = details.text
    trail.keep(record, details: details)
  }
}
