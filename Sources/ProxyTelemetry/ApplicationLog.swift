public import Logging
import ProxyCore

/// Lines of the application's own log, as JSON objects or as text for a terminal.
public struct ApplicationLog: LogHandler {
  /// How a line looks.
  public enum Format: Sendable {
    case json, console
  }

  /// See `LogHandler`.
  public var metadata: Logger.Metadata = [:]
  /// See `LogHandler`.
  public var logLevel: Logger.Level
  private let output: LogOutput
  private let format: Format

  /// Creates a handler that writes lines of `level` and above to `output`.
  public init(output: LogOutput, format: Format, level: Logger.Level) {
    self.output = output
    self.format = format
    logLevel = level
  }

  /// See `LogHandler`.
  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  /// See `LogHandler`.
  public func log(event: LogEvent) {
    let all = event.metadata.map { metadata.merging($0) { _, new in new } } ?? metadata
    let pairs = all.sorted { $0.key < $1.key }
    let time = Timestamps.rfc3339(milliseconds: Clocks.unixMilliseconds())
    switch format {
    case .json:
      var line =
        "{\"level\":\"\(Self.name(event.level))\",\"ts\":\"\(time)\",\"msg\":\(Self.quote("\(event.message)"))"
      for (key, value) in pairs { line += ",\(Self.quote(key)):\(Self.quote("\(value)"))" }
      output.write(line: line + "}")
    case .console:
      let rest = pairs.map { " \($0.key)=\(Self.oneLine("\($0.value)"))" }.joined()
      output.write(line: "\(time) \(Self.name(event.level)) \(Self.oneLine("\(event.message)"))\(rest)")
    }
  }

  private static func name(_ level: Logger.Level) -> String {
    switch level {
    case .trace, .debug: "debug"
    case .info, .notice: "info"
    case .warning: "warn"
    case .error, .critical: "error"
    }
  }

  /// A JSON string literal.
  static func quote(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\u{0}"..<" ":
        let hex = String(scalar.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - hex.utf8.count) + hex
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }

  /// Control characters would let one line look like two, or speak to the terminal.
  private static func oneLine(_ text: String) -> String {
    let plain = text.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 127 && $0 != " " }
    return plain && !text.isEmpty ? text : quote(text)
  }
}

/// Points in time as text.
public enum Timestamps {
  /// `2026-11-23T16:48:15.123Z`.
  public static func rfc3339(milliseconds: Int64) -> String {
    let total = milliseconds / 1000
    let (year, month, day) = CivilDate.of(daysSinceEpoch: Int(total / 86_400))
    let second = Int(total % 86_400)
    func pad(_ value: Int, _ width: Int = 2) -> String {
      let text = "\(value)"
      return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }
    let clock = "\(pad(second / 3600)):\(pad(second / 60 % 60)):\(pad(second % 60))"
    return "\(year)-\(pad(month))-\(pad(day))T\(clock).\(pad(Int(milliseconds % 1000), 3))Z"
  }
}
