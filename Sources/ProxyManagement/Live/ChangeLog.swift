import ProxyStore
import Synchronization

/// The last management actions that changed something, in memory; and whoever wants to hear of new ones.
final class ChangeLog: Sendable {
  /// Changes kept.
  static let limit = 10

  private struct State {
    var records: [AuditRecord] = []
    var listener: (@Sendable (AuditRecord) -> Void)?
  }

  private let state = Mutex(State())

  /// Notes an audited action, if it changed something.
  func note(_ record: AuditRecord) {
    guard Self.isChange(record) else { return }
    let listener = state.withLock { state in
      state.records.insert(record, at: 0)
      if state.records.count > Self.limit { state.records.removeLast() }
      return state.listener
    }
    listener?(record)
  }

  /// Tells `listener` of every change from now on.
  func listen(_ listener: @escaping @Sendable (AuditRecord) -> Void) {
    state.withLock { $0.listener = listener }
  }

  /// Newest first: what this process saw, then what is in the trail from before it.
  func recent(_ state: any ManagementState) async -> [AuditRecord] {
    let seen = self.state.withLock { $0.records }
    guard seen.count < Self.limit else { return seen }
    // The overview shows what there is; that older changes cannot be read just now is said by its health.
    let page = try? await state.listAudit(AuditFilter(), page: 1, pageSize: 100)
    let known = Set(seen.map(\.id))
    let older = (page?.events ?? []).filter { Self.isChange($0) && !known.contains($0.id) }
    return Array((seen + older).prefix(Self.limit))
  }

  /// Whether an action changed something: not a look, not a login, and not refused.
  static func isChange(_ record: AuditRecord) -> Bool {
    guard record.outcome == .success, !record.action.hasPrefix("admin.") else { return false }
    let verb = record.action.split(separator: ".").last ?? ""
    return !["list", "read", "show", "get", "verify", "access", "validate"].contains(verb)
  }
}

extension AuditRecord {
  /// The event as pages hear of it.
  var change: JSONValue {
    let fields: KeyValuePairs = [
      "id": id, "timestamp": timestamp.rfc3339, "action": action, "actor": actor, "project_id": projectID,
      "token_id": tokenID,
    ]
    return .object(
      fields.compactMap { name, text in text.map { JSONValue.Member(name: name, value: .string($0)) } })
  }
}
