import Logging
import Synchronization

/// Keeps every log line, at every level, for tests that look for what must not be there.
final class LogCollector: Sendable {
  private let kept = Mutex<[String]>([])

  var lines: [String] { kept.withLock { $0 } }

  var logger: Logger {
    var logger = Logger(label: "test", factory: { _ in Handler(collector: self) })
    logger.logLevel = .trace
    return logger
  }

  private struct Handler: LogHandler {
    let collector: LogCollector
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    init(collector: LogCollector) {
      self.collector = collector
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let all = metadata.merging(event.metadata ?? [:]) { $1 }
      collector.kept.withLock { $0.append("\(event.level) \(event.message) \(all)") }
    }
  }
}
