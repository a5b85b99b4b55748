import Glibc

/// What a plugin must leave alone (rule R8) and might not: signal dispositions and the number of threads.
/// Taken before foreign code runs for the first time, compared and put back after it.
struct ProcessState {
  private var dispositions: [(signal: Int32, action: sigaction)] = []
  private let threads: Int

  /// Reads the state as it is now.
  init() {
    for signal in 1..<Int32(64) {
      var action = sigaction()
      // Two numbers belong to glibc itself and are refused.
      if sigaction(signal, nil, &action) == 0 { dispositions.append((signal, action)) }
    }
    threads = Self.threadCount()
  }

  /// Puts changed dispositions back and says what was found, threads included: for loading.
  func restore(after file: String) -> [PluginWarning] {
    var warnings = restoreSignals(after: file, during: "it was loaded")
    let started = Self.threadCount() - threads
    if started > 0 {
      warnings.append(
        PluginWarning(file, "started \(started) thread\(started == 1 ? "" : "s") while it was loaded"))
    }
    return warnings
  }

  /// Puts changed dispositions back and says which those were.
  func restoreSignals(after file: String, during what: String) -> [PluginWarning] {
    var changed: [String] = []
    for (signal, before) in dispositions {
      var now = sigaction()
      var ours = before
      guard sigaction(signal, nil, &now) == 0, !Self.isSame(before, now) else { continue }
      changed.append(Self.name(signal))
      _ = sigaction(signal, &ours, nil)  // cannot fail: it was read from there
    }
    guard !changed.isEmpty else { return [] }
    return [
      PluginWarning(
        file,
        "changed what happens on \(changed.joined(separator: ", ")) while \(what); "
          + "the host's own setting was restored")
    ]
  }

  private static func isSame(_ left: sigaction, _ right: sigaction) -> Bool {
    var (left, right) = (left, right)
    let sameMask = withUnsafeBytes(of: &left.sa_mask) { mine in
      withUnsafeBytes(of: &right.sa_mask) { theirs in
        // The kernel knows 64 signals; the rest of the set is padding.
        mine.prefix(8).elementsEqual(theirs.prefix(8))
      }
    }
    let sameHandler = withUnsafeBytes(of: &left.__sigaction_handler) { mine in
      withUnsafeBytes(of: &right.__sigaction_handler) { theirs in mine.elementsEqual(theirs) }
    }
    return sameMask && sameHandler && left.sa_flags == right.sa_flags
  }

  private static func name(_ signal: Int32) -> String {
    let names: [Int32: String] = [
      SIGHUP: "SIGHUP", SIGINT: "SIGINT", SIGQUIT: "SIGQUIT", SIGILL: "SIGILL", SIGTRAP: "SIGTRAP",
      SIGABRT: "SIGABRT", SIGBUS: "SIGBUS", SIGFPE: "SIGFPE", SIGUSR1: "SIGUSR1", SIGSEGV: "SIGSEGV",
      SIGUSR2: "SIGUSR2", SIGPIPE: "SIGPIPE", SIGALRM: "SIGALRM", SIGTERM: "SIGTERM", SIGCHLD: "SIGCHLD",
      SIGURG: "SIGURG", SIGPROF: "SIGPROF", SIGWINCH: "SIGWINCH",
    ]
    return names[signal] ?? "signal \(signal)"
  }

  /// Threads of this process; 0 when /proc is not there.
  private static func threadCount() -> Int {
    guard let directory = opendir("/proc/self/task") else { return 0 }
    defer { closedir(directory) }
    var count = 0
    while let entry = readdir(directory) {
      if entry.pointee.d_name.0 != CChar(bitPattern: UInt8(ascii: ".")) { count += 1 }
    }
    return count
  }
}
