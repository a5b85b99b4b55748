internal import Foundation
internal import GRDB

/// The database file as an operator handles it while no traffic passes through this process: migrations, backup,
/// integrity, sealing. Every operation opens the file, does its work and closes it; all of them block.
///
/// What they throw is `StoreError.unusable` with a sentence for the terminal.
public struct StoreFile: Sendable {
  /// Where the file is.
  public let path: String

  /// Names an existing file; nothing is opened yet.
  public init(path: String) throws(StoreError) {
    guard FileManager.default.fileExists(atPath: path) else {
      throw .unusable("there is no database at \(path); name it with --db or DATABASE_PATH")
    }
    self.path = path
  }

  /// Names a file that is made when it is not there, with mode 0600.
  public init(creating path: String) throws(StoreError) {
    self.path = path
    try Self.plainly(path) { try DatabaseFile.prepare(path) }
  }

  /// How a connection is going to be used.
  enum Use {
    /// Reads only; others may be at work.
    case reading
    /// Writes; others may be at work.
    case writing
    /// Writes and is refused while others have the file open; they cannot open it until this is over.
    case alone
  }

  /// Opens the file, does `body` outside of any transaction, and closes it.
  func connected<Value>(_ use: Use, _ body: (Database) throws -> Value) throws(StoreError) -> Value {
    if use == .alone { try DatabaseHolder.refuse(holding: path) }
    return try Self.plainly(path) {
      if use != .reading { try DatabaseFile.protect(path) }
      let queue = try DatabaseQueue(path: path, configuration: Self.configuration(use))
      defer {
        // Everything is committed; a file that cannot be closed is closed with the process.
        try? queue.close()
      }
      return try queue.writeWithoutTransaction { db in
        if use != .reading {
          try db.execute(sql: "PRAGMA synchronous = FULL")
          // What is replaced does not stay behind in free space.
          try db.execute(sql: "PRAGMA secure_delete = ON")
        }
        return try body(db)
      }
    }
  }

  static func configuration(_ use: Use) -> Configuration {
    var configuration = Configuration()
    configuration.label = "llm-proxy.maintenance"
    configuration.readonly = use == .reading
    configuration.busyMode = .timeout(5)
    if use == .alone {
      // Before the first access: the log is then used without shared memory, by this connection only.
      configuration.prepareDatabase { try $0.execute(sql: "PRAGMA locking_mode = EXCLUSIVE") }
    }
    return configuration
  }

  /// Turns what SQLite and the file system throw into a sentence about `path`.
  static func plainly<Value>(_ path: String, _ body: () throws -> Value) throws(StoreError) -> Value {
    do {
      return try body()
    } catch let error as StoreError {
      throw error
    } catch let error as DatabaseError {
      throw .unusable("the database \(path) cannot be used: \(error.plainReason)")
    } catch {
      throw .unusable("\(path) cannot be used: \(error.localizedDescription)")
    }
  }
}
