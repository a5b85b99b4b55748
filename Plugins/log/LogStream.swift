internal import Glibc

/// Standard output or something like it: a terminal, or a pipe whose reader may be slow or gone.
final class LogStream: LogTarget {
  private let descriptor: Int32
  private let isOwned: Bool
  private(set) var problem = ""

  /// What a pipe takes at once without mixing it with what others write to it.
  private static let atomicBytes = 4096
  private static let waitMilliseconds: Int32 = 100

  /// - Parameter isOwned: it is closed at the end.
  init(descriptor: Int32, isOwned: Bool) {
    self.descriptor = descriptor
    self.isOwned = isOwned
  }

  deinit { if isOwned { close(descriptor) } }

  func write(_ lines: UnsafeRawBufferPointer, patience: () -> Bool) -> Int {
    var written = 0
    while written < lines.count {
      // A write that follows POLLOUT takes one page without blocking, so a reader that has stopped
      // reading cannot hold up the end of the process.
      var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      if poll(&entry, 1, Self.waitMilliseconds) == 0 {
        if patience() { continue }
        problem = "nobody reads it"
        return written
      }
      let rest = UnsafeRawBufferPointer(rebasing: lines[written...])
      let count = Glibc.write(descriptor, rest.baseAddress, Self.piece(rest))
      if count > 0 { written += count }
      if count < 0, errno != EINTR, errno != EAGAIN {
        problem = String(cString: strerror(errno))
        return written
      }
    }
    return written
  }

  /// As many whole lines as fit into one atomic write.
  private static func piece(_ rest: UnsafeRawBufferPointer) -> Int {
    if rest.count <= atomicBytes { return rest.count }
    let end = rest[..<atomicBytes].lastIndex(of: UInt8(ascii: "\n"))
    return end.map { $0 + 1 } ?? atomicBytes
  }
}
