internal import Crypto
internal import Foundation
internal import GRDB
internal import ProxyCore

/// What a backup holds.
public struct BackupReport: Sendable, Equatable {
  /// The copy.
  public var path: String
  /// Its size.
  public var bytes: Int
  /// Lower-case hex SHA-256 of the file.
  public var sha256: String
  /// Schema version of the copy; 0 for a file of the Go program.
  public var schemaVersion: Int
  /// Projects in the copy, deleted ones included.
  public var projects: Int
  /// Tokens in the copy.
  public var tokens: Int
  /// Hash of the newest audit event; `nil` when there is none.
  public var auditHead: String?
}

extension StoreFile {
  /// Copies the database as it is at one moment, while servers go on writing, and checks the copy.
  ///
  /// The copy is one file of mode 0600 without companions. It appears under its name only when it is whole and
  /// on the disk.
  ///
  /// - Parameters:
  ///   - destination: the file to make.
  ///   - replaces: whether an existing file gives way.
  ///   - progress: told pages copied and pages in all, now and then.
  public func backup(
    to destination: String, replaces: Bool = false, progress: @escaping (Int, Int) -> Void = { _, _ in }
  ) throws(StoreError) -> BackupReport {
    guard replaces || !FileManager.default.fileExists(atPath: destination) else {
      throw .unusable("\(destination) exists; choose another name, or replace it with --force")
    }
    let partial = destination + ".partial"
    do {
      try Self.copy(from: path, to: partial, progress: progress)
      var report = try StoreFile(path: partial).describe()
      try DatabaseFile.settle(partial, as: destination)
      report.path = destination
      return report
    } catch {
      DatabaseFile.remove(partial)
      throw error
    }
  }

  /// Copies `source`, as it is at one moment, into a new file.
  static func copy(
    from source: String, to target: String, progress: @escaping (Int, Int) -> Void
  ) throws(StoreError) {
    DatabaseFile.remove(target)
    try plainly(target) {
      try DatabaseFile.prepare(target)
      let copy = try DatabaseQueue(path: target, configuration: configuration(.writing))
      // A copy that cannot be closed is not used: its check says so.
      defer { try? copy.close() }
      try plainly(source) {
        let original = try DatabaseQueue(path: source, configuration: configuration(.reading))
        defer { try? original.close() }
        try original.read { db in
          // The snapshot is taken here. As long as it is held, no commit of others makes SQLite start again.
          _ = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master")
          try copy.writeWithoutTransaction { target in
            try db.backup(to: target, pagesPerStep: 512) { step in
              progress(step.totalPageCount - step.remainingPageCount, step.totalPageCount)
            }
          }
        }
      }
      // One file, complete in itself.
      try copy.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = DELETE") }
    }
  }

  /// Checks a copy and says what is in it.
  ///
  /// - Throws: `unusable` when it is damaged.
  func describe() throws(StoreError) -> BackupReport {
    let check = try check()
    guard check.isSound else {
      throw .unusable("\(path) is damaged: \(check.problems.joined(separator: "; "))")
    }
    let digest = try Self.plainly(path) { try Self.sha256(path) }
    return BackupReport(
      path: path, bytes: digest.bytes, sha256: digest.hash, schemaVersion: check.schemaVersion,
      projects: check.projects, tokens: check.tokens, auditHead: check.audit?.headHash)
  }

  private static func sha256(_ path: String) throws -> (hash: String, bytes: Int) {
    let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
    var function = SHA256()
    var bytes = 0
    while let piece = try file.read(upToCount: 1 << 20), !piece.isEmpty {
      function.update(data: piece)
      bytes += piece.count
    }
    try file.close()
    let digits = function.finalize().flatMap { [HexDigit.lower($0 >> 4), HexDigit.lower($0 & 15)] }
    return (String(decoding: digits, as: UTF8.self), bytes)
  }
}
