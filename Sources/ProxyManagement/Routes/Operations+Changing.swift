import ProxyStore
import Synchronization

extension Operations {
  /// Makes a token, and the event that says so in the same transaction.
  ///
  /// - Parameters:
  ///   - creation: what to make.
  ///   - missing: the answer when there is no such project or parent.
  ///   - draft: the event so far; what was made is added.
  ///   - context: the request.
  ///   - actor: who makes it, when that is not the request's principal.
  func issue(
    _ creation: TokenCreation, missing: ManagementFault, _ draft: inout AuditDraft,
    _ context: ManagementContext, actor: String? = nil
  ) async throws(ManagementFault) -> IssuedToken {
    let (begun, trail) = (draft, trail)
    let event = { @Sendable (record: TokenRecord) in
      var draft = begun
      draft.tokenID = record.id
      draft.note("expires_at", record.expiresAt.map { .string($0.rfc3339) } ?? "never")
      draft.note("max_requests", record.maxRequests.map { .integer($0) })
      draft.note("label", record.label)
      return trail.event(draft, .success, actor: actor, in: context)
    }
    let made = Mutex<AuditTrail.Event?>(nil)
    var creation = creation
    if trail.state != nil {
      creation.event = { record in
        let event = event(record)
        made.withLock { $0 = event }
        return event.record
      }
    }
    let wanted = creation
    let issued = try await ask(to: "store token", missing: missing) { (state) throws(StoreError) in
      try await state.createToken(wanted)
    }
    draft.stored = made.withLock { $0 } ?? event(issued.record)
    return issued
  }
}
