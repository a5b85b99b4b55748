import ProxyStore

/// `policy` and `metadata` in the bodies of projects and tokens.
struct PolicyFields {
  /// What the body asks for; `null` clears.
  let policy: FieldChange<PolicyRules>
  let metadata: FieldChange<PolicyRules>

  /// Reads both members. Throws 400, naming the member at fault.
  init(_ fields: RequestFields) throws(ManagementFault) {
    do throws(PolicyFault) {
      policy = try Self.change(fields.document("policy")) { (document) throws(PolicyFault) in
        try PolicyRules(document)
      }
      metadata = try Self.change(fields.document("metadata")) { (document) throws(PolicyFault) in
        try PolicyRules(metadata: document)
      }
    } catch {
      throw .invalid(error)
    }
  }

  /// Names of the fields given.
  var names: [String] {
    var names: [String] = []
    if case .keep = policy {} else { names.append("policy") }
    if case .keep = metadata {} else { names.append("metadata") }
    return names
  }

  /// The policy of a new row.
  var newPolicy: PolicyRules? { if case .set(let rules) = policy { rules } else { nil } }

  /// The metadata of a new row.
  var newMetadata: PolicyRules? { if case .set(let rules) = metadata { rules } else { nil } }

  /// Notes for the audit trail which members of the policy and which metadata become different.
  func note(in draft: inout AuditDraft, policy old: JSONValue? = nil, metadata oldMetadata: JSONValue? = nil)
  {
    if let changed = Self.changes(policy, old.flatMap { try? PolicyRules($0) }) {
      draft.note("policy_members", .array(changed.map { .string($0) }))
    }
    // Old documents that cannot be read count as empty: every member is then a change.
    let before = oldMetadata.flatMap { try? PolicyRules(metadata: $0) }?.headers ?? []
    if case .keep = metadata { return }
    let after = newMetadata?.headers ?? []
    let names =
      after.filter { !before.contains($0) }.map(\.name)
      + before.map(\.name).filter { name in !after.contains { $0.name == name } }
    draft.note("metadata_members", .array(names.map { .string(Redaction.shown($0, 64)) }))
  }

  private static func changes(_ change: FieldChange<PolicyRules>, _ old: PolicyRules?) -> [String]? {
    switch change {
    case .keep: nil
    case .clear: PolicyRules.differences(old, nil)
    case .set(let rules): PolicyRules.differences(old, rules)
    }
  }

  private static func change(
    _ document: JSONValue?, _ read: (JSONValue) throws(PolicyFault) -> PolicyRules
  ) throws(PolicyFault) -> FieldChange<PolicyRules> {
    guard let document else { return .keep }
    if document == .null { return .clear }
    let rules = try read(document)
    return rules.isEmpty ? .clear : .set(rules)
  }
}
