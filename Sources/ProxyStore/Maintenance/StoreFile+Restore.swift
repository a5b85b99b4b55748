internal import Foundation
internal import GRDB

/// What a restore did.
public struct RestoreReport: Sendable, Equatable {
  /// The database as it is now.
  public var restored: BackupReport
  /// Where the database from before is kept; `nil` when there was none.
  public var keptAs: String?
}

extension StoreFile {
  /// Puts a backup in the place of the database at `path`. The backup is checked first; the database from before
  /// is kept beside it. Refused while a process has the database open.
  ///
  /// - Parameters:
  ///   - path: database that is replaced; need not exist.
  ///   - suffix: what the kept file's name ends with.
  ///   - progress: told pages copied and pages in all, now and then.
  public func restore(
    to path: String, keepingAs suffix: String, progress: @escaping (Int, Int) -> Void = { _, _ in }
  ) throws(StoreError) -> RestoreReport {
    _ = try migrations()  // refuses a backup of a newer program
    let incoming = path + ".restoring"
    do {
      try Self.plainly(path) { try DatabaseFile.makeFolder(of: path) }
      let exists = FileManager.default.fileExists(atPath: path)
      if exists { try DatabaseHolder.refuse(holding: path) }
      try Self.copy(from: self.path, to: incoming, progress: progress)
      var report = RestoreReport(restored: try StoreFile(path: incoming).describe(), keptAs: nil)
      try Self.plainly(path) {
        let kept = path + suffix
        if exists {
          // With an empty log nothing is lost should this end between two of the renames. What cannot be read is
          // kept as it is.
          try? StoreFile(path: path).connected(.alone) {
            try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
          }
          try DatabaseHolder.alone(with: path) { try DatabaseFile.moveAll(path, to: kept) }
          report.keptAs = kept
        } else {
          // What a removed database left behind would be taken for the log of the new one.
          try DatabaseFile.moveAll(path, to: kept)
        }
        try DatabaseFile.settle(incoming, as: path)
      }
      report.restored.path = path
      let digest = report.restored.sha256
      try StoreFile(path: path).connected(.writing) { db in
        try db.inTransaction(.immediate) {
          try AuditChain.note("database.restore", "{\"sha256\":\"\(digest)\"}", db)
          return .commit
        }
      }
      return report
    } catch {
      DatabaseFile.remove(incoming)
      throw error
    }
  }
}
