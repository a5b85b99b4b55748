import ProxyConfig
import ProxyStore

/// What `doctor` looks at inside the database file. Changes nothing; a server may have it open.
struct DatabaseChecks {
  private let settings: DatabaseSettings

  /// Checks of the file that `settings` name, which is an SQLite file.
  init(_ settings: DatabaseSettings) {
    self.settings = settings
  }

  /// The schema is one that this program knows, and the key opens what is sealed.
  func findings() -> [Finding] {
    do throws(StoreError) {
      let file = try StoreFile(path: settings.path)
      let schema = try file.migrations()
      let version =
        schema.pending.isEmpty
        ? "it has version \(schema.version), the newest"
        : "it has version \(schema.version); the next start brings it to \(schema.newest)"
      return [.ok("schema", version)] + Self.sealing(try file.sealingStatus(key: try key()), settings)
    } catch {
      return [
        .problem(
          "schema", "\(error)", "llm-proxy database check tells more; a backup is put back with restore")
      ]
    }
  }

  private func key() throws(StoreError) -> SealingKey? {
    guard let secret = settings.encryptionKey else { return nil }
    return try SealingKey(secret)
  }

  private static func sealing(_ status: SealingStatus, _ settings: DatabaseSettings) -> [Finding] {
    var findings: [Finding] = []
    if status.unreadableKeys > 0 {
      let key = settings.encryptionKey == nil ? "without ENCRYPTION_KEY" : "with this ENCRYPTION_KEY"
      findings.append(
        .problem(
          "sealed keys", "\(status.unreadableKeys) provider keys cannot be opened \(key)",
          "set the ENCRYPTION_KEY that sealed them, or give the projects their keys again"))
    }
    if status.plainKeys > 0, settings.encryptionKey != nil {
      findings.append(
        .warning(
          "sealed keys", "\(status.plainKeys) provider keys are not sealed yet", "llm-proxy migrate encrypt"))
    }
    if findings.isEmpty, status.sealedKeys > 0 {
      findings.append(
        .ok("sealed keys", "\(status.sealedKeys) provider keys are sealed, and this key opens them"))
    }
    return findings
  }
}
