/// The flags of `llm-proxy server` as given; `nil` means not given, so that other sources decide.
public struct ServerFlags: Sendable, Equatable {
  /// `--env`: file with variables; it must exist when it is given here.
  public var environmentFile: String?
  /// `--addr`: see `LISTEN_ADDR`.
  public var address: String?
  /// `--db`: see `DATABASE_PATH`.
  public var database: String?
  /// `--log-level`: see `LOG_LEVEL`.
  public var logLevel: String?
  /// `--log-file`: see `LOG_FILE`.
  public var logFile: String?
  /// `-v`/`--debug`: log level `debug`, unless `logLevel` is given.
  public var debug = false
  /// `-d`/`--daemon`: see `DAEMON`.
  public var daemon = false
  /// `--pid-file`: see `PID_FILE`.
  public var pidFile: String?
  /// `-c`/`--config`: see `API_CONFIG_PATH`.
  public var configurationFile: String?
  /// `--file-event-log`: see `FILE_EVENT_LOG`.
  public var fileEventLog: String?

  /// No flag given.
  public init() {}
}
