import ProxyStore

/// What all groups of routes share: the state, the audit trail, and how failures of the one get into the
/// other.
struct Operations: Sendable {
  let state: any ManagementState
  let trail: AuditTrail

  /// Runs an action and records how it ended, whichever way.
  func audited(
    _ action: String, _ context: ManagementContext, actor: String? = nil,
    _ body: (inout AuditDraft) async throws -> Reply
  ) async throws -> Reply {
    var draft = AuditDraft(action)
    do {
      let reply = try await body(&draft)
      await trail.record(draft, .success, actor: actor, in: context)
      return reply
    } catch let fault as ManagementFault {
      await trail.record(
        draft, fault.status >= 500 ? .error : .failure, fault: fault, actor: actor, in: context)
      throw fault
    } catch {
      await trail.record(draft, .error, fault: .failed(to: action), actor: actor, in: context)
      throw error
    }
  }

  /// Asks the state; its errors become faults. `action` completes "failed to", `missing` is what `.notFound`
  /// means.
  func ask<Answer: Sendable>(
    to action: String, missing: ManagementFault = .unknownPath,
    _ question: (any ManagementState) async throws(StoreError) -> Answer
  ) async throws(ManagementFault) -> Answer {
    do throws(StoreError) {
      return try await question(state)
    } catch {
      switch error {
      case .notFound: throw missing
      case .nameTaken: throw .nameTaken
      case .inactiveProject: throw .inactiveProject
      case .preconditionFailed: throw .preconditionFailed
      case .invalid(let field, let reason): throw .invalid("\(field) \(reason)", param: field)
      case .widerThanParent(let field): throw .widerThanParent(field)
      case .tooDeep: throw .tooDeep
      case .tooManyChildren: throw .tooManyChildren
      case .unavailable: throw .unavailable("failed to \(action): the database is unavailable")
      case .unusable: throw .failed(to: action)
      }
    }
  }
}
