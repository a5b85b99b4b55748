import ArgumentParser
import FoundationEssentials
import Glibc
import ProxyConfig

/// `server --daemon`: starts the same command in a session of its own and waits until it accepts connections.
///
/// A new process and not a fork: threads do not survive a fork.
enum Daemon {
  /// The descriptor on which the new process tells that it is ready.
  private static let childDescriptor: Int32 = 3
  /// `POSIX_SPAWN_SETSID` of glibc (2.26), which the Swift overlay does not show.
  private static let newSession: Int16 = 0x80

  /// Starts the background process and returns when it accepts connections.
  ///
  /// Throws the exit code of the new process when it ends before that; its log file says why.
  static func start(_ boot: BootSettings) throws {
    let logFile = boot.log.file ?? "/dev/null"
    let log = open(logFile, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
    guard log >= 0 else { throw failure("cannot open the log file \(logFile)", errno) }
    defer { close(log) }
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw failure("cannot make a pipe", errno) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { close(ends[0]) }
    let process = try spawn(log: log, readyEnd: ends[1])
    close(ends[1])
    guard waitUntilReady(ends[0]) else {
      var status: Int32 = 0
      waitpid(process, &status, 0)
      Console.error("the server ended while it started; \(logFile) says why")
      let code = (status >> 8) & 0xff
      throw code == 0 ? ExitCode.failure : ExitCode(code)
    }
    Console.output("Server started in daemon mode with PID \(process)")
    guard let pidFile = boot.pidFile else { return }
    Console.output("PID file: \(pidFile)")
    Console.output("Use 'kill $(cat \(pidFile))' to stop the server")
  }

  /// Tells whoever waits on `descriptor` that connections are accepted.
  static func tellReady(_ descriptor: Int32) {
    var byte: UInt8 = 1
    _ = write(descriptor, &byte, 1)
    close(descriptor)
  }

  /// True once a byte has arrived; false when the other side went away without one.
  private static func waitUntilReady(_ descriptor: Int32) -> Bool {
    var byte: UInt8 = 0
    while true {
      let count = read(descriptor, &byte, 1)
      if count < 0 && errno == EINTR { continue }
      return count == 1
    }
  }

  private static func spawn(log: Int32, readyEnd: Int32) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, log, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, log, STDERR_FILENO)
    // dup2 onto itself clears close-on-exec too, so this holds whatever number the pipe has.
    posix_spawn_file_actions_adddup2(&actions, readyEnd, childDescriptor)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setflags(&attributes, newSession)
    let arguments = CommandLine.arguments + ["--ready-descriptor", "\(childDescriptor)"]
    let variables = ProcessInfo.processInfo.environment.map { "\($0.key)=\($0.value)" }
    var process: pid_t = 0
    let result = withCStrings(arguments) { argv in
      withCStrings(variables) { posix_spawn(&process, "/proc/self/exe", &actions, &attributes, argv, $0) }
    }
    guard result == 0 else { throw failure("cannot start the background process", result) }
    return process
  }

  /// Lends the texts as the array with a null at its end that C programs start with.
  private static func withCStrings<Result>(
    _ texts: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
  ) -> Result {
    let pointers = texts.map { strdup($0) }
    defer { for pointer in pointers { free(pointer) } }
    return body(pointers + [nil])
  }

  private static func failure(_ what: String, _ code: Int32) -> ExitCode {
    Console.error("\(what): \(String(cString: strerror(code)))")
    return .failure
  }
}
