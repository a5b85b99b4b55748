internal import Foundation

/// Files coming and going under a name, so that nobody ever sees half of one.
extension DatabaseFile {
  /// Removes a file and its companions; those that are not there are as good as removed.
  static func remove(_ path: String) {
    for companion in companions { _ = unlink(path + companion) }
  }

  /// Renames a database, or what is left of one, with all that belongs to it.
  static func moveAll(_ path: String, to other: String) throws {
    for companion in companions { try move(path + companion, to: other + companion) }
  }

  /// The database itself, its log, the log's index, and the journal of another mode.
  private static let companions = ["", "-wal", "-shm", "-journal"]

  /// Renames a file that may not be there.
  private static func move(_ path: String, to other: String) throws {
    guard rename(path, other) == 0 || errno == ENOENT else {
      throw StoreError.unusable("\(path) cannot be renamed to \(other): \(String(cString: strerror(errno)))")
    }
  }

  /// Gives a finished file its name, once it is on the disk.
  static func settle(_ path: String, as name: String) throws(StoreError) {
    guard sync(path), rename(path, name) == 0 else {
      throw .unusable("\(name) cannot be written: \(String(cString: strerror(errno)))")
    }
    let folder = (name as NSString).deletingLastPathComponent
    // The name itself; a file system that cannot sync a folder has no better way.
    _ = sync(folder.isEmpty ? "." : folder)
  }

  private static func sync(_ path: String) -> Bool {
    let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { Foundation.close(descriptor) }
    return fsync(descriptor) == 0
  }
}
