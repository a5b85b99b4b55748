internal import Synchronization

/// All policies in force by their text, so that equal ones are one object. Holds none alive. Any thread.
final class PolicyCatalog: Sendable {
  private struct Entry {
    weak var policy: Policy?
  }

  private struct Content {
    var entries: [String: Entry] = [:]
    /// How many entries there may be before those without a policy are thrown out.
    var mostEntries = 1024
  }

  private let content = Mutex(Content())

  /// What the two columns of a row stand for.
  func policies(policy: String?, metadata: String?) -> OwnPolicies {
    if policy == nil, metadata == nil { return OwnPolicies() }
    return OwnPolicies(
      policy: policy.flatMap { text in self.policy(text) { try PolicyRules(stored: text) } },
      metadata: metadata.flatMap { text in
        // Prefixed, so that the same text as policy and as metadata are two things.
        self.policy(#"{"headers":"# + text + "}") { try PolicyRules(storedMetadata: text) }
      })
  }

  private func policy(_ text: String, _ read: () throws -> PolicyRules) -> Policy? {
    content.withLock { content in
      if let known = content.entries[text]?.policy { return known }
      // Why it cannot be read is not for traffic: it lets nothing pass, and management shows the text.
      let rules = try? read()
      if let rules, rules.isEmpty { return nil }
      let policy = Policy(text: text, rules: rules)
      if content.entries.count >= content.mostEntries {
        content.entries = content.entries.filter { $0.value.policy != nil }
        content.mostEntries = max(1024, content.entries.count * 2)
      }
      content.entries[text] = Entry(policy: policy)
      return policy
    }
  }

  /// Distinct policies, for tests.
  var count: Int { content.withLock { $0.entries.values.reduce(0) { $0 + ($1.policy == nil ? 0 : 1) } } }
}
