internal import Foundation

/// This process among those that share a database: a random number, and a lock on the byte of that number in a
/// file beside the database. The kernel lets go of the lock when the process dies, however it dies, so that the
/// others can tell whose holds are worth something.
final class Holder: Sendable {
  /// Names this process in `usage_holds`.
  let number: Int64
  private let descriptor: Int32

  // Locks of an open file, not of a process (Linux 3.15; asm-generic/fcntl.h), so that two stores in one
  // process are two holders.
  private static let setLock: Int32 = 37
  private static let getLock: Int32 = 36

  /// Takes a number for the database at `path`; `nil` when the file of locks cannot be had.
  init?(database path: String) {
    let opened = open(path + "-holders", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard opened >= 0 else { return nil }
    descriptor = opened
    number = Int64.random(in: 1..<(1 << 62))
    var lock = Self.lock(number)
    guard fcntl(opened, Self.setLock, &lock) == 0 else {
      close(opened)
      return nil
    }
  }

  deinit { close(descriptor) }

  /// Whether the process of another number still runs. When that cannot be told, it does.
  func isAlive(_ other: Int64) -> Bool {
    var lock = Self.lock(other)
    guard fcntl(descriptor, Self.getLock, &lock) == 0 else { return true }
    return Int32(lock.l_type) != Int32(F_UNLCK)
  }

  private static func lock(_ number: Int64) -> flock {
    var lock = flock()
    lock.l_type = Int16(F_WRLCK)
    lock.l_whence = Int16(SEEK_SET)
    lock.l_start = off_t(number)
    lock.l_len = 1
    return lock
  }
}
