/// The application's own log.
public struct LogSettings: Sendable, Equatable {
  /// Lines below this level are not written.
  public enum Level: String, Sendable, CaseIterable, Comparable {
    /// Everything, for finding faults.
    case debug
    /// What happens, one line an event.
    case info
    /// What needs a look.
    case warn
    /// What failed.
    case error

    /// Orders by severity: `debug` is the lowest.
    public static func < (left: Level, right: Level) -> Bool { left.severity < right.severity }

    private var severity: Int {
      switch self {
      case .debug: 0
      case .info: 1
      case .warn: 2
      case .error: 3
      }
    }
  }

  /// How a line looks.
  public enum Format: String, Sendable, CaseIterable {
    /// One JSON object a line.
    case json
    /// Text for a terminal.
    case console
  }

  /// Lines below this level are not written.
  public var level = Level.info
  /// How a line looks.
  public var format = Format.json
  /// Appended to; `nil` means standard output.
  public var file: String?
  /// The file is rotated before it grows beyond this; `nil` means never.
  public var maxFileBytes: UInt64? = 104_857_600
  /// Rotated files kept beside `file`, 0 or more.
  public var maxBackups = 5

  /// The defaults.
  public init() {}
}
