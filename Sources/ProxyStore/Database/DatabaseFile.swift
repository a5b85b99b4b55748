internal import Foundation
internal import GRDB

/// The file itself: where it is, who may read it, how connections to it are set up.
enum DatabaseFile {
  /// Makes folder and file when they are missing, readable by their owner only from the first moment.
  static func prepare(_ path: String) throws {
    guard !path.isEmpty, path != ":memory:", !path.hasPrefix("file:") else {
      throw StoreError.unusable(
        "DATABASE_PATH must name a file, and is \"\(path)\"; "
          + "a database in memory would lose every token with the process"
      )
    }
    try makeFolder(of: path)
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) {
      if isFolder.boolValue {
        throw StoreError.unusable("DATABASE_PATH must name a file, and \(path) is a folder")
      }
      return
    }
    let descriptor = Foundation.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw StoreError.unusable("the database \(path) cannot be created: \(String(cString: strerror(errno)))")
    }
    Foundation.close(descriptor)
  }

  /// Makes the folder of a file, for its owner only, when it is missing.
  static func makeFolder(of path: String) throws {
    let folder = (path as NSString).deletingLastPathComponent
    guard !folder.isEmpty, !FileManager.default.fileExists(atPath: folder) else { return }
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
  }

  /// Takes the rights of group and others away from the file and its companions. SQLite gives new companions
  /// the mode of the file.
  static func protect(_ path: String) throws {
    for name in [path, path + "-wal", path + "-shm"] where FileManager.default.fileExists(atPath: name) {
      guard chmod(name, 0o600) == 0 else {
        throw StoreError.unusable(
          "the database \(name) is not ours to protect (\(String(cString: strerror(errno)))); "
            + "make the user that runs the proxy its owner")
      }
    }
  }

  /// Looks at the version before anything is written: opening a pool already touches the file.
  private static func refuseNewer(_ path: String, _ configuration: Configuration) throws {
    let connection = try DatabaseQueue(path: path, configuration: configuration)
    try connection.read { try Migrator.refuseNewer($0) }
    try connection.close()
  }

  /// Opens the connections and brings the schema up to date.
  static func open(_ options: StoreOptions) throws -> DatabasePool {
    // Before SQLite creates companions with the file's mode.
    try protect(options.path)
    var configuration = Configuration()
    configuration.label = "llm-proxy.store"
    configuration.maximumReaderCount = options.readerCount
    // Opening waits longer than running: another process may be migrating.
    let opening = options.operationTimeout.seconds
    configuration.busyMode = .timeout(opening)
    try refuseNewer(options.path, configuration)
    let pool = try DatabasePool(path: options.path, configuration: configuration)
    try pool.writeWithoutTransaction { db in
      // A commit that was acknowledged survives a power cut, and a lease is on disk before its first count is
      // taken.
      try db.execute(sql: "PRAGMA synchronous = FULL")
      // Tokens and keys that are replaced do not stay behind in free space.
      try db.execute(sql: "PRAGMA secure_delete = ON")
      try db.execute(sql: "PRAGMA journal_size_limit = 67108864")
      try Migrator.migrate(db)
      let feed = ChangeFeed(sealingKey: options.sealingKey)
      var sealed = 0
      try db.inTransaction(.immediate) {
        sealed = try feed.sealTokens(db)
        return .commit
      }
      // The log still holds the pages with the tokens in clear.
      if sealed > 0 { try db.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
      try db.execute(sql: "PRAGMA busy_timeout = \(options.busyTimeout.milliseconds)")
    }
    return pool
  }
}
