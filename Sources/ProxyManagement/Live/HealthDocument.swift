import ProxyStore

/// The state of the program as a document.
enum HealthDocument {
  /// `status` is `ok` or `degraded`; `problems` are sentences for the operator.
  static func document(_ health: StoreHealth) -> JSONValue {
    var problems: [String] = []
    if let problem = health.problem {
      let since = health.failingSince.map { " since \($0.rfc3339)" } ?? ""
      problems.append("the database cannot be used\(since): \(problem)")
    }
    if health.usageDropped > 0 { problems.append("\(health.usageDropped) usage rows were lost") }
    if health.auditDropped > 0 { problems.append("\(health.auditDropped) audit events were lost") }
    if health.unreadableProviderKeys > 0 {
      problems.append(
        "\(health.unreadableProviderKeys) projects have a provider key that ENCRYPTION_KEY does not open")
    }
    return [
      "status": problems.isEmpty ? "ok" : "degraded",
      "database": health.isWritable ? "ok" : "unavailable", "writable": .bool(health.isWritable),
      "problems": .array(problems.map { .string($0) }),
    ]
  }
}
