internal import Foundation

/// Which file a path named when it was opened. SQLite goes on writing to a file that was renamed or removed, where
/// nobody will ever look: what it acknowledges then would be lost.
struct FileIdentity: Sendable {
  private let path: String
  private let device: UInt64
  private let node: UInt64

  /// The file that `path` names now.
  init(of path: String) throws(StoreError) {
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw .unusable("the database \(path) cannot be opened: \(String(cString: strerror(errno)))")
    }
    self.path = path
    device = UInt64(status.st_dev)
    node = UInt64(status.st_ino)
  }

  /// - Throws: `unavailable` when the path names another file by now, or none. One call of the system.
  func check() throws(StoreError) {
    var status = stat()
    guard stat(path, &status) == 0 else { throw .unavailable(reason: "the database file was removed") }
    guard UInt64(status.st_dev) == device, UInt64(status.st_ino) == node else {
      throw .unavailable(reason: "the database file was replaced; restart the proxy")
    }
  }
}
