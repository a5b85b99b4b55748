internal import GRDB
internal import ProxyCore

/// How provider keys and access tokens lie in a file.
public struct SealingStatus: Sendable, Equatable {
  /// Sealed provider keys that the key given opens.
  public var sealedKeys = 0
  /// Sealed provider keys that it does not open, or all sealed ones when none was given.
  public var unreadableKeys = 0
  /// Provider keys in clear.
  public var plainKeys = 0
  /// Tokens of which only the hash is there.
  public var hashedTokens = 0
  /// Tokens in clear.
  public var plainTokens = 0
}

/// What sealing or rotating did.
public struct SealingReport: Sendable, Equatable {
  /// Provider keys that were sealed with another key before.
  public var resealedKeys = 0
  /// Provider keys that stood there in clear.
  public var newlySealedKeys = 0
  /// Provider keys that were sealed with the right key already.
  public var unchangedKeys = 0
  /// Tokens in clear that were replaced by their hashes.
  public var hashedTokens = 0
  /// Why traces of what was replaced may still be in free pages of the file; `nil` when they are not.
  public var leftover: String?
}

extension StoreFile {
  private static let keyed = "SELECT id, api_key FROM projects WHERE api_key <> ''"

  /// Counts what is sealed and hashed. Changes nothing.
  ///
  /// - Parameter key: `ENCRYPTION_KEY` when it is set.
  public func sealingStatus(key: SealingKey?) throws(StoreError) -> SealingStatus {
    try connected(.reading) { db in
      var status = SealingStatus()
      for row in try Row.fetchAll(db, sql: Self.keyed) {
        switch StoredProviderKey(column: row["api_key"], sealingKey: key) {
        case .readable:
          SealingKey.isSealed(row["api_key"]) ? (status.sealedKeys += 1) : (status.plainKeys += 1)
        case .sealedWithoutKey, .sealedWithOtherKey: status.unreadableKeys += 1
        }
      }
      status.plainTokens =
        try Int.fetchOne(db, sql: "SELECT count(*) FROM tokens WHERE token >= 'sk-' AND token < 'sk.'") ?? 0
      let tokens = try Int.fetchOne(db, sql: "SELECT count(*) FROM tokens") ?? 0
      status.hashedTokens = tokens - status.plainTokens
      return status
    }
  }

  /// Seals every provider key with `key` and replaces every token in clear by its hash, in one transaction.
  /// What is sealed or hashed already stays as it is, so it may be repeated.
  public func seal(with key: SealingKey) throws(StoreError) -> SealingReport {
    try reseal(from: key, to: key)
  }

  /// Seals every provider key, sealed with `old` or in clear, with `new`, in one transaction: either all of them
  /// or none. Keys that `new` opens already stay as they are, so it may be repeated.
  ///
  /// - Throws: `unusable` when another process has the file open (it would go on with the old key), and when a
  ///   key opens with neither of the two (the file would be left with keys sealed in two ways).
  public func reseal(from old: SealingKey, to new: SealingKey) throws(StoreError) -> SealingReport {
    try connected(.alone) { db in
      try Migrator.migrate(db)
      var report = SealingReport()
      try db.inTransaction(.immediate) {
        var foreign: [String] = []
        for row in try Row.fetchAll(db, sql: Self.keyed) {
          let (id, stored): (String, String) = (row["id"], row["api_key"])
          switch Self.sort(stored, old, new) {
          case .settled: report.unchangedKeys += 1
          case .foreign: foreign.append(id)
          case .clear(let secret):
            try db.execute(
              sql: "UPDATE projects SET api_key = ? WHERE id = ?", arguments: [try new.seal(secret), id])
            if SealingKey.isSealed(stored) { report.resealedKeys += 1 } else { report.newlySealedKeys += 1 }
          }
        }
        guard foreign.isEmpty else { throw Self.foreign(foreign) }
        report.hashedTokens = try ChangeFeed(sealingKey: new).sealTokens(db)
        if report.resealedKeys > 0 {
          try AuditChain.note("key.rotate", "{\"resealed_keys\":\(report.resealedKeys)}", db)
        }
        if report.newlySealedKeys + report.hashedTokens > 0 {
          let counts = "\"sealed_keys\":\(report.newlySealedKeys),\"hashed_tokens\":\(report.hashedTokens)"
          try AuditChain.note("key.seal", "{\(counts)}", db)
        }
        return .commit
      }
      // What stood there before is overwritten (secure_delete) but may still be in the log and in free pages of
      // a file that another program wrote. The keys are sealed whether this succeeds or not.
      do {
        try db.execute(sql: "VACUUM")
        try db.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
      } catch {
        report.leftover = (error as? DatabaseError)?.plainReason ?? "\(error)"
      }
      return report
    }
  }

  /// What has to be done about a stored key.
  private enum Sorted {
    /// Nothing: the new key opens it.
    case settled
    /// It is to be sealed.
    case clear(Secret)
    /// Neither key opens it.
    case foreign
  }

  private static func sort(_ stored: String, _ old: SealingKey, _ new: SealingKey) -> Sorted {
    guard SealingKey.isSealed(stored) else { return .clear(Secret(stored)) }
    if new.open(stored) != nil { return .settled }
    return old.open(stored).map { .clear($0) } ?? .foreign
  }

  private static func foreign(_ projects: [String]) -> StoreError {
    let shown = projects.prefix(5).joined(separator: ", ") + (projects.count > 5 ? ", …" : "")
    return .unusable(
      "nothing was changed: the provider keys of \(projects.count) project\(projects.count == 1 ? "" : "s") "
        + "(\(shown)) are sealed with a key that was not given, and would be left behind; set ENCRYPTION_KEY to "
        + "that key, or store their provider keys again")
  }
}
