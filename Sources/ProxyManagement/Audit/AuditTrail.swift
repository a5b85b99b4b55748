import Logging
import ProxyCore
import ProxyStore

/// An audit event while its action runs: what it is about and what is learned on the way.
struct AuditDraft: Sendable {
  /// What is done, such as `token.create`.
  let action: String
  /// Project concerned, as the client named it or as it is known.
  var projectID: String?
  /// Token concerned, by its id; never by its secret.
  var tokenID: String?
  /// Specifics of the action, in the order noted. Never a secret.
  private(set) var details: [JSONValue.Member] = []
  /// The event, when the state has stored it together with what was done.
  var stored: AuditTrail.Event?

  init(_ action: String) {
    self.action = action
  }

  /// Adds a detail; a `nil` value adds nothing.
  mutating func note(_ name: String, _ value: JSONValue?) {
    guard let value else { return }
    details.append(.init(name: name, value: value))
  }

  /// Adds a text, without what has the form of a secret.
  mutating func note(_ name: String, _ text: String?) {
    note(name, text.map { .string(Redaction.shown($0, 1024)) })
  }
}

/// Writes audit events to the database and to the file, whichever are configured.
struct AuditTrail: Sendable {
  /// Where rows go; `nil` when rows are not stored.
  let state: (any ManagementState)?
  /// Where lines go; `nil` when there is no file.
  let log: AuditLog?
  /// Hears of every event, whether it is stored or not.
  var changes = ChangeLog()

  /// An event as a row, and its details as a document.
  struct Event: Sendable {
    var record: AuditRecord
    var details: JSONValue
  }

  /// False when events go nowhere.
  var isKept: Bool { state != nil || log != nil }

  /// Keeps a record without waiting for anything: it is written with the next batch.
  func keep(_ record: AuditRecord, details: JSONValue) {
    log?.append(Self.line(record, details: details))
    state?.recordAudit(record)
  }

  /// Records how the action of `draft` ended. An audit trail that cannot be written does not undo the action:
  /// it is reported in the application's log.
  func record(
    _ draft: AuditDraft, _ outcome: AuditOutcome, fault: ManagementFault? = nil,
    actor: String? = nil, in context: ManagementContext
  ) async {
    if let stored = draft.stored, outcome == .success {
      changes.note(stored.record)
      log?.append(Self.line(stored.record, details: stored.details))
      return
    }
    let event = event(draft, outcome, fault: fault, actor: actor, in: context)
    changes.note(event.record)
    guard isKept else { return }
    log?.append(Self.line(event.record, details: event.details))
    await store(event.record, in: context)
  }

  /// The event that says how the action of `draft` ended.
  func event(
    _ draft: AuditDraft, _ outcome: AuditOutcome, fault: ManagementFault? = nil, actor: String? = nil,
    in context: ManagementContext
  ) -> Event {
    let actor = actor ?? (context.principal ?? .managementAPI).actor
    let isTrusted = actor == Principal.managementAPI.actor
    var record = AuditRecord(action: draft.action, actor: actor, outcome: outcome)
    // Ids come from paths and bodies: what stands there may be anything, a secret too.
    record.projectID = draft.projectID.map { Redaction.shown($0, 128) }
    record.tokenID = draft.tokenID.map { Redaction.shown($0, 128) }
    record.requestID = context.requestID
    record.correlationID = context.correlationID
    record.clientIP = isTrusted ? context.clientAddress : context.request.peer
    record.method = context.request.method
    record.path = context.shownPath
    record.userAgent = context.userAgent.map { Redaction.shown($0, 512) }
    record.reason = fault?.message
    let details = details(of: draft, record: record, fault: fault, isTrusted: isTrusted, context: context)
    record.metadata = details.text
    return Event(record: record, details: details)
  }

  /// Waits until the row of a change is in the file, so that no change that was acknowledged is without one. Who
  /// only looks does not wait for the disk: that row is written with the next batch. While the database cannot be
  /// written rows wait in the store's queue instead of the client here.
  private func store(_ record: AuditRecord, in context: ManagementContext) async {
    guard let state else { return }
    let isLook = context.request.method == "GET" && record.outcome == .success
    guard !isLook, state.health.isWritable else { return state.recordAudit(record) }
    do throws(StoreError) {
      _ = try await state.appendAudit(record)
    } catch {
      context.logger.warning(
        "audit event queued", metadata: ["audit.action": "\(record.action)", "error": "\(error)"])
      state.recordAudit(record)
    }
  }

  private func details(
    of draft: AuditDraft, record: AuditRecord, fault: ManagementFault?, isTrusted: Bool,
    context: ManagementContext
  ) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init(name: "http_method", value: .optional(record.method)),
      .init(name: "endpoint", value: .optional(record.path)),
      .init(name: "user_agent", value: .string(record.userAgent ?? "")),
    ]
    // What a caller says about itself counts only when it holds the management token.
    if isTrusted {
      if let referer = context.request.header("x-forwarded-referer") {
        members.append(
          .init(name: "referer", value: .string(Redaction.shown(referer, 1024))))
      }
      if context.request.header("x-admin-origin") == "1" {
        members.append(.init(name: "origin", value: "admin-ui"))
      }
      if let user = context.request.header("x-admin-user") {
        members.append(.init(name: "user", value: .string(Redaction.shown(user, 64))))
      }
    }
    if let tokenID = record.tokenID { members.append(.init(name: "token_id", value: .string(tokenID))) }
    members += draft.details
    if let fault {
      members.append(.init(name: "error", value: .string(fault.message)))
      members.append(.init(name: "error_type", value: .string(fault.code)))
    }
    return .object(members)
  }

  /// The event as a line of the file, in the Go program's form.
  private static func line(_ record: AuditRecord, details: JSONValue) -> [UInt8] {
    var members: [JSONValue.Member] = [
      // First, where the check of the file looks for it.
      .init(name: "id", value: .string(record.id)),
      .init(name: "timestamp", value: .string(record.timestamp.rfc3339)),
      .init(name: "action", value: .string(record.action)),
      .init(name: "actor", value: .string(record.actor)),
    ]
    let optional: KeyValuePairs = [
      "project_id": record.projectID, "request_id": record.requestID, "correlation_id": record.correlationID,
      "client_ip": record.clientIP,
    ]
    for (name, text) in optional {
      if let text { members.append(.init(name: name, value: .string(text))) }
    }
    members.append(.init(name: "result", value: .string(record.outcome.rawValue)))
    members.append(.init(name: "details", value: details))
    return JSONValue.object(members).bytes
  }
}

extension ManagementContext {
  /// The path as logs and audit show it: decoded, and without what has the form of a secret.
  var shownPath: String {
    Redaction.shown(Percent.decoded(request.path[...]) ?? request.path, 512)
  }

  /// The browser's user agent when the admin UI passes it on, else the caller's own.
  var userAgent: String? {
    request.header("x-forwarded-user-agent") ?? request.header("user-agent")
  }

  /// The client's address as the holder of the management token tells it (`X-Forwarded-For`, `X-Real-IP`),
  /// else the peer's.
  var clientAddress: String {
    let told =
      request.header("x-forwarded-for")?.split(separator: ",").first.map { $0.filter { $0 != " " } }
      ?? request.header("x-real-ip")
    guard let told, (2...64).contains(told.utf8.count),
      told.utf8.allSatisfy({ hexValue($0) != nil || ":.[]%".utf8.contains($0) })
    else { return request.peer }
    return told
  }
}
