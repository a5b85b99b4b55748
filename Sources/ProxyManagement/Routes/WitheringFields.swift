import ProxyStore

/// The fields of a request body that say how an access token withers from disuse and lives longer by use.
struct WitheringFields {
  var idleTimeout: FieldChange<Int64>
  var renewOnUse: FieldChange<Int64>
  var renewUntil: FieldChange<Timestamp>
  /// Another name for a limit of one request.
  var oneShot: Bool?

  init(_ fields: RequestFields) throws(ManagementFault) {
    idleTimeout = try fields.change("idle_timeout") { (name) throws(ManagementFault) in
      try fields.seconds(name)
    }
    renewOnUse = try fields.change("renew_on_use") { (name) throws(ManagementFault) in
      try fields.seconds(name)
    }
    renewUntil = try fields.change("renew_until") { (name) throws(ManagementFault) in
      guard let text = try fields.string(name) else { return nil }
      guard let moment = TokenFields.moment(text) else {
        throw .invalid("\(name) must be a time such as \"2030-01-31T12:00:00Z\"", param: name)
      }
      return moment
    }
    oneShot = try fields.bool("one_shot")
  }

  /// True when none of them is given.
  var isEmpty: Bool {
    if case .keep = idleTimeout, case .keep = renewOnUse, case .keep = renewUntil { return oneShot == nil }
    return false
  }

  /// The limit that comes of `max_requests` and `one_shot` together, which may not contradict each other.
  func limit(_ limit: Int64?) throws(ManagementFault) -> Int64? {
    guard let oneShot else { return limit }
    guard limit.map({ ($0 == 1) == oneShot }) ?? true else {
      throw .invalid("one_shot contradicts max_requests", param: "one_shot")
    }
    return oneShot ? 1 : limit
  }

  /// Puts them into a creation; `null` is the same as absent there.
  func apply(to creation: inout TokenCreation) {
    if case .set(let seconds) = idleTimeout { creation.idleTimeout = seconds }
    if case .set(let seconds) = renewOnUse { creation.renewOnUse = seconds }
    if case .set(let moment) = renewUntil { creation.renewUntil = moment }
  }

  /// Puts them into a change of `record`.
  func apply(to change: inout TokenChange, of record: TokenRecord) {
    change.idleTimeout = idleTimeout
    change.renewOnUse = renewOnUse
    change.renewUntil = renewUntil
    // "Not one-shot" takes a limit of one away and leaves any other.
    if oneShot == false, record.isOneShot, case .keep = change.maxRequests { change.maxRequests = .clear }
  }

  /// Notes what is given.
  func note(in draft: inout AuditDraft, prefix: String = "") {
    draft.note(prefix + "idle_timeout", idleTimeout.shown { .integer($0) })
    draft.note(prefix + "renew_on_use", renewOnUse.shown { .integer($0) })
    draft.note(prefix + "renew_until", renewUntil.shown { .string($0.rfc3339) })
    draft.note(prefix + "one_shot", oneShot.map { .bool($0) })
  }
}

extension FieldChange {
  /// For the audit trail: nothing when the field was not given.
  fileprivate func shown(_ value: (Value) -> JSONValue) -> JSONValue? {
    switch self {
    case .keep: nil
    case .clear: .null
    case .set(let set): value(set)
    }
  }
}

extension TokenRecord {
  /// The members about withering, in the order in which answers show them.
  var witheringMembers: [JSONValue.Member] {
    [
      .init(name: "idle_timeout", value: idleTimeout.map { .integer($0) } ?? .null),
      .init(name: "renew_on_use", value: renewOnUse.map { .integer($0) } ?? .null),
      .init(name: "renew_until", value: .optional(renewUntil?.rfc3339)),
      .init(name: "one_shot", value: .bool(isOneShot)),
      .init(name: "parent_id", value: .optional(parentID)),
    ]
  }
}
