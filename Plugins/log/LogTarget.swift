internal import Glibc
internal import LLMProxyPluginKit

/// Where lines go. Used by one thread at a time.
protocol LogTarget: AnyObject {
  /// Writes whole lines.
  ///
  /// - Returns: how many bytes are written for good; fewer than given when it failed or when
  ///   `patience` says that it is time to give up.
  func write(_ lines: UnsafeRawBufferPointer, patience: () -> Bool) -> Int
  /// Why the last write fell short, for people.
  var problem: String { get }
}

extension LogSettings {
  /// Standard output, the file of the settings, or what else is at that path: a pipe, a terminal.
  func openTarget() throws(PluginFailure) -> any LogTarget {
    guard let file else { return LogStream(descriptor: 1, isOwned: false) }
    var facts = stat()
    if stat(file, &facts) != 0 || facts.st_mode & S_IFMT == S_IFREG {
      return try LogFile(path: file, maximalBytes: maximalBytes, backups: backups)
    }
    // A pipe that nobody reads must not hold up the start.
    let descriptor = open(file, O_WRONLY | O_NONBLOCK | O_CLOEXEC)
    if descriptor < 0 {
      throw .configuration("file", "cannot open \(file): \(String(cString: strerror(errno)))")
    }
    return LogStream(descriptor: descriptor, isOwned: true)
  }
}
