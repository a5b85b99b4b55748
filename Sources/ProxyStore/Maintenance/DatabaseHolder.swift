internal import Foundation

/// Who has a database file open, asked of the kernel: every connection in WAL mode keeps a lock on the file for
/// as long as it is open, even when it does nothing.
enum DatabaseHolder {
  // The byte ranges that SQLite locks (sqlite3 os.h): pending, reserved, and 510 bytes for readers.
  private static let firstByte: off_t = 0x4000_0000
  private static let byteCount: off_t = 512
  // Locks of the open file and not of the process (Linux 3.15); Glibc's overlay does not show the numbers.
  private static let getLock: Int32 = 36
  private static let setLock: Int32 = 37

  /// The process that has `path` open; 0 when the kernel does not tell which, `nil` when there is none.
  static func process(holding path: String) throws(StoreError) -> Int32? {
    let descriptor = Foundation.open(path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(path) }
    defer { Foundation.close(descriptor) }
    return try holder(descriptor, path)
  }

  /// Keeps everybody from opening `path` while `body` works, and refuses when somebody has it open.
  static func alone<Value>(with path: String, _ body: () throws -> Value) throws -> Value {
    let descriptor = Foundation.open(path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(path) }
    // Closing gives the lock back.
    defer { Foundation.close(descriptor) }
    var lock = wholeRange()
    guard fcntl(descriptor, setLock, &lock) == 0 else {
      throw inUse(path, by: try holder(descriptor, path) ?? 0)
    }
    return try body()
  }

  /// - Throws: `StoreError.unusable` when a process has `path` open.
  static func refuse(holding path: String) throws(StoreError) {
    if let process = try process(holding: path) { throw inUse(path, by: process) }
  }

  static func inUse(_ path: String, by process: Int32) -> StoreError {
    let who = process > 0 ? "process \(process)" : "another process"
    return .unusable("\(who) has the database \(path) open; stop it and run this again")
  }

  private static func holder(_ descriptor: Int32, _ path: String) throws(StoreError) -> Int32? {
    var lock = wholeRange()
    guard fcntl(descriptor, getLock, &lock) == 0 else { throw failure(path) }
    guard Int32(lock.l_type) != Int32(F_UNLCK) else { return nil }
    return max(0, lock.l_pid)
  }

  private static func wholeRange() -> flock {
    var lock = flock()
    lock.l_type = Int16(F_WRLCK)
    lock.l_whence = Int16(SEEK_SET)
    lock.l_start = firstByte
    lock.l_len = byteCount
    return lock
  }

  private static func failure(_ path: String) -> StoreError {
    .unusable("the database \(path) cannot be opened: \(String(cString: strerror(errno)))")
  }
}
