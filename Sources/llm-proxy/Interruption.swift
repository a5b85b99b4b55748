import Glibc
import Synchronization

/// Ctrl-C as a descriptor that can be waited for, while this lives.
///
/// The handler only writes a byte, whichever thread it runs on. One at a time.
final class Interruption {
  /// The writing end of the pipe; -1 while nobody listens.
  private static let wakeDescriptor = Atomic<Int32>(-1)

  /// Can be read once Ctrl-C was pressed.
  let descriptor: Int32
  private let writingEnd: Int32

  /// Takes SIGINT over. Throws when there are no descriptors left.
  init() throws(CommandFailure) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else {
      throw CommandFailure(.failure, "cannot make a pipe: \(String(cString: strerror(errno)))")
    }
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    descriptor = ends[0]
    writingEnd = ends[1]
    Self.wakeDescriptor.store(writingEnd, ordering: .sequentiallyConsistent)
    signal(SIGINT) { _ in
      let kept = errno
      var byte: UInt8 = 1
      // A full pipe has told it already.
      _ = write(Interruption.wakeDescriptor.load(ordering: .relaxed), &byte, 1)
      errno = kept
    }
  }

  deinit {
    signal(SIGINT, SIG_DFL)
    Self.wakeDescriptor.store(-1, ordering: .sequentiallyConsistent)
    close(descriptor)
    close(writingEnd)
  }

  /// True when Ctrl-C was pressed since the last look.
  func take() -> Bool {
    var bytes = [UInt8](repeating: 0, count: 64)
    return read(descriptor, &bytes, bytes.count) > 0
  }

  /// Waits for Ctrl-C; false when the time is over before.
  func wait(milliseconds: Int32) -> Bool {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    while true {
      let count = poll(&entry, 1, milliseconds)
      if count < 0 && errno == EINTR { continue }
      return count > 0 && take()
    }
  }

  /// Waits until `other` can be read, or Ctrl-C was pressed; true for the latter.
  func wait(orReadable other: Int32) -> Bool {
    var entries = [
      pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: other, events: Int16(POLLIN), revents: 0),
    ]
    while true {
      let count = poll(&entries, 2, -1)
      if count < 0 && errno == EINTR { continue }
      return entries[0].revents != 0 && take()
    }
  }
}
