public import Logging
public import ProxyConfig
import ProxyCore
import ProxyTelemetry

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The server as a process: its log, its signals, its end.
public enum ServerProcess {
  /// The log that the settings describe.
  ///
  /// - Throws: `StartupError` when the file cannot be opened.
  public static func logger(_ settings: LogSettings) throws(StartupError) -> Logger {
    let output = LogOutput(
      path: settings.file, maxBytes: settings.maxFileBytes ?? 0, maxBackups: settings.maxBackups)
    guard let output else {
      throw StartupError(
        "cannot open the log file \(settings.file ?? ""): \(String(cString: strerror(errno))); "
          + "set LOG_FILE to a file this user may write")
    }
    let handler = ApplicationLog(
      output: output, format: settings.format == .json ? .json : .console, level: level(settings.level))
    return Logger(label: ProxyVersion.name) { _ in handler }
  }

  private static func level(_ level: LogSettings.Level) -> Logger.Level {
    switch level {
    case .debug: .debug
    case .info: .info
    case .warn: .warning
    case .error: .error
    }
  }

  /// Serves until SIGTERM or SIGINT, then drains; a second signal cuts what is left.
  ///
  /// - Parameter ready: called once connections are accepted, with the address.
  /// - Returns: false when something could not be written at the end.
  public static func run(
    _ configuration: Configuration, ready: @Sendable (String) -> Void
  ) async throws(StartupError) -> Bool {
    let logger = try logger(configuration.boot.log)
    for warning in configuration.warnings {
      logger.warning("configuration", metadata: ["warning": "\(warning)"])
    }
    raiseFileLimit(logger)
    var signals = TerminationSignals.stream().makeAsyncIterator()
    let server = try await Server.start(configuration, logger: logger)
    logger.info(
      "listening", metadata: ["address": "\(server.address)", "version": "\(ProxyVersion.number)"])
    StartMemory.release()
    ready(server.address)
    let first = await signals.next()
    logger.info("stopping", metadata: ["signal": "\(first ?? 0)"])
    let impatience = Task {
      var rest = TerminationSignals.stream().makeAsyncIterator()
      if await rest.next() != nil {
        logger.warning("stopping at once", metadata: [:])
        server.cut()
      }
    }
    let isClean = await server.stop()
    impatience.cancel()
    if !isClean { logger.error("some counts or audit events could not be written", metadata: [:]) }
    logger.info("stopped", metadata: [:])
    return isClean
  }

  /// Two descriptors for each exchange add up: the soft limit of 1024 would end at 500 streams.
  private static func raiseFileLimit(_ logger: Logger) {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < limit.rlim_max
    else { return }
    limit.rlim_cur = min(limit.rlim_max, 1_048_576)
    if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) != 0 {
      logger.warning("the limit of open files could not be raised", metadata: [:])
    }
  }
}
