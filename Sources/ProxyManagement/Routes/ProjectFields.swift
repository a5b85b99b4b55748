import ProxyCore
import ProxyStore

/// The body of a `PATCH` of a project, and the rules for its fields.
struct ProjectFields {
  /// What the body asks for.
  let change: ProjectChange
  /// Policy and metadata, which are part of `change`.
  let policies: PolicyFields
  /// Names of the fields given, for the audit trail.
  let names: [String]

  /// Reads the body; refuses unknown fields and a `revoke_tokens` without deactivation.
  init(_ fields: RequestFields) throws(ManagementFault) {
    try fields.refuseOthers(
      than:
        "name", "api_key", "openai_api_key", "is_active", "revoke_tokens", "policy", "metadata", "budget")
    let name = try fields.string("name")
    let key = try Self.key(fields)
    let isActive = try fields.bool("is_active")
    let revokesTokens = try fields.bool("revoke_tokens")
    if revokesTokens != nil, isActive != false {
      throw .invalid("revoke_tokens requires is_active=false")
    }
    policies = try PolicyFields(fields)
    let budget = try BudgetFields.change(fields)
    var change = ProjectChange(
      name: name, providerKey: key.map { Secret($0) }, isActive: isActive,
      revokesTokens: revokesTokens ?? false)
    change.policy = policies.policy
    change.metadata = policies.metadata
    change.budget = budget
    self.change = change
    let given: KeyValuePairs = [
      "name": name != nil, "api_key": key != nil, "is_active": isActive != nil,
      "revoke_tokens": revokesTokens != nil, "budget": budget.isGiven,
    ]
    names = given.filter(\.value).map(\.key) + policies.names
  }

  /// Checks the values, which comes after the question whether the project exists.
  func check() throws(ManagementFault) {
    if let key = change.providerKey { try Self.check(key: key.revealText()) }
    if let name = change.name { try Self.check(name: name) }
  }

  /// The provider key under either of its names; `nil` when absent or empty.
  static func key(_ fields: RequestFields) throws(ManagementFault) -> String? {
    let given = [try fields.string("api_key") ?? "", try fields.string("openai_api_key") ?? ""].filter {
      !$0.isEmpty
    }
    if given.count == 2, given[0] != given[1] {
      throw .invalid("api_key and openai_api_key are given and differ")
    }
    return given.first
  }

  /// Refuses a masked key and one that could not be sent in a header field.
  static func check(key: String) throws(ManagementFault) {
    if key.contains("...") || key.contains("****") {
      throw .invalid(
        "cannot save obfuscated API key - please provide the full API key", code: "obfuscated_api_key",
        param: "api_key")
    }
    guard key.utf8.count <= 4096, key.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
      throw .invalid(
        "api_key must be at most 4096 visible ASCII characters, without spaces", param: "api_key")
    }
  }

  /// Refuses an empty name, one too long and one that breaks lines.
  static func check(name: String) throws(ManagementFault) {
    guard !name.allSatisfy(\.isWhitespace) else {
      throw .invalid("name must not be empty", code: "missing_field", param: "name")
    }
    guard name.utf8.count <= 255 else { throw .invalid("name must have at most 255 bytes", param: "name") }
    guard name.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control }) else {
      throw .invalid("name must not contain control characters", param: "name")
    }
  }
}
