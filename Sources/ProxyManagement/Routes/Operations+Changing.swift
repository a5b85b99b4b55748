import ProxyStore
import Synchronization

extension Operations {
  /// Changes the state, and stores the event that says so in the same transaction: both are there or neither is,
  /// and the client waits for the disk once.
  ///
  /// - Parameters:
  ///   - action: completes "failed to".
  ///   - missing: what `.notFound` means.
  ///   - draft: the event so far.
  ///   - context: the request.
  ///   - actor: who changes it, when that is not the request's principal.
  ///   - note: adds to the event what came of the change.
  ///   - change: the change, which has to be given the event.
  func change<Outcome: Sendable, Answer: Sendable>(
    to action: String, missing: ManagementFault = .unknownPath, _ draft: inout AuditDraft,
    _ context: ManagementContext, actor: String? = nil,
    noting note: @escaping @Sendable (Outcome, inout AuditDraft) -> Void,
    _ change: (any ManagementState, @escaping AuditEvent<Outcome>) async throws(StoreError) -> Answer
  ) async throws(ManagementFault) -> Answer {
    let (begun, trail) = (draft, trail)
    let stored = Mutex<AuditTrail.Event?>(nil)
    let answer = try await ask(to: action, missing: missing) { (state) throws(StoreError) in
      try await change(state) { outcome in
        var draft = begun
        note(outcome, &draft)
        let event = trail.event(draft, .success, actor: actor, in: context)
        stored.withLock { $0 = event }
        return trail.state == nil ? nil : event.record
      }
    }
    draft.stored = stored.withLock { $0 }
    return answer
  }

  /// Makes a token. `missing` is the answer when there is no such project or parent.
  func issue(
    _ creation: TokenCreation, missing: ManagementFault, _ draft: inout AuditDraft,
    _ context: ManagementContext, actor: String? = nil
  ) async throws(ManagementFault) -> IssuedToken {
    let note = { @Sendable (record: TokenRecord, draft: inout AuditDraft) in
      draft.tokenID = record.id
      draft.note("expires_at", record.expiresAt.map { .string($0.rfc3339) } ?? "never")
      draft.note("max_requests", record.maxRequests.map { .integer($0) })
      draft.note("label", record.label)
    }
    return try await change(
      to: "store token", missing: missing, &draft, context, actor: actor, noting: note
    ) { (state, event) throws(StoreError) in
      try await state.createToken(creation, event: event)
    }
  }
}
