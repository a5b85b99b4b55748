public import Dispatch
public import Logging
public import ProxyConfig
public import ProxyCore
import Synchronization

/// The audit trail as JSON lines in a file that rotates by size (`AUDIT_LOG_FILE`), written off the event
/// loops.
///
/// Lines are queued and written together, and synced to the disk within `syncInterval`: the database holds the same
/// events durably before a change is acknowledged. While the file cannot be written lines stay in memory, up to `queueLimitBytes`; further ones are lost, counted and reported. Any thread.
public final class AuditLog: Sendable {
  /// How the file is kept.
  public struct Rotation: Sendable, Equatable {
    /// The file is rotated before it grows beyond this many bytes.
    public var maximumBytes: Int
    /// Rotated files kept beside it (`.1` is the newest); with 0 the file is never rotated.
    public var backups: Int
    /// Rotated files whose newest line is older than this are removed; `nil` keeps them.
    public var maximumAge: Duration?

    /// 100 MiB and 10 files unless told otherwise.
    public init(maximumBytes: Int = 100 << 20, backups: Int = 10, maximumAge: Duration? = nil) {
      self.maximumBytes = maximumBytes
      self.backups = backups
      self.maximumAge = maximumAge
    }
  }

  /// Bytes kept in memory while the file cannot be written.
  public static let queueLimitBytes = 8 << 20

  /// Longest time a written line waits for the disk.
  public static let syncInterval = DispatchTimeInterval.milliseconds(100)

  private struct State {
    var pending: [UInt8] = []
    var isScheduled = false
    var lost: UInt64 = 0
    var isFailing = false
    var isSyncScheduled = false
  }

  private let state = Mutex(State())
  private let file: Mutex<AuditFile>
  // Serial: the only place where the file's lock is taken, so no thread ever waits for the disk behind
  // another.
  private let queue = DispatchQueue(label: "llm-proxy.audit-log")
  private let logger: Logger

  /// Opens `path`, making the file (mode 0600) and, with `createsDirectory`, its folders (0700). Blocks
  /// briefly.
  ///
  /// Throws `ConfigurationError` when the file cannot be opened for appending.
  public init(
    path: String, createsDirectory: Bool, rotation: Rotation = Rotation(), logger: Logger
  ) throws(ConfigurationError) {
    do {
      file = Mutex(
        try AuditFile(
          path: path, createsDirectory: createsDirectory, rotation: rotation))
    } catch {
      throw ConfigurationError(
        file: path, key: "AUDIT_LOG_FILE", problem: "cannot be opened for appending (\(error))",
        remedy: "make its folder writable, choose another file, or set AUDIT_ENABLED=false")
    }
    self.logger = logger
  }

  /// The file that the settings ask for; `nil` when they ask for none. Throws as `init` does.
  public static func open(_ settings: AuditSettings, logger: Logger) throws(ConfigurationError) -> AuditLog? {
    guard settings.isEnabled, let path = settings.file else { return nil }
    return try AuditLog(
      path: path, createsDirectory: settings.createsDirectory,
      rotation: Rotation(maximumAge: settings.retention), logger: logger)
  }

  /// Lines that were lost because the file could not be written for too long.
  public var lostLines: UInt64 { state.withLock { $0.lost } }

  /// Queues one line, given without its line feed.
  public func append(_ line: [UInt8]) {
    let schedules = state.withLock { state in
      guard state.pending.count + line.count < Self.queueLimitBytes else {
        state.lost += 1
        return false
      }
      state.pending.append(contentsOf: line)
      state.pending.append(UInt8(ascii: "\n"))
      defer { state.isScheduled = true }
      return !state.isScheduled
    }
    if schedules { queue.async { self.writePending() } }
  }

  /// Waits until what is queued now is on the disk, or has failed to get there.
  public func flush() async {
    await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
      queue.async {
        self.writePending()
        self.sync()
        done.resume()
      }
    }
  }

  private func writePending() {
    let lines = state.withLock { state in
      defer { (state.pending, state.isScheduled) = ([], false) }
      return state.pending
    }
    guard !lines.isEmpty else { return }
    do {
      try file.withLock { file throws(AuditFile.Failure) in try file.append(lines) }
      scheduleSync()
      let recovered = state.withLock { state in
        defer { state.isFailing = false }
        return state.isFailing
      }
      if recovered { logger.notice("audit log written again", metadata: ["lost": "\(lostLines)"]) }
    } catch {
      let isFirst = state.withLock { state in
        // They go first next time, so that the file stays in order.
        state.pending = lines + state.pending
        defer { state.isFailing = true }
        return !state.isFailing
      }
      if isFirst { logger.error("audit log cannot be written", metadata: ["error": "\(error)"]) }
    }
  }

  private func scheduleSync() {
    let isFirst = state.withLock { state in
      defer { state.isSyncScheduled = true }
      return !state.isSyncScheduled
    }
    if isFirst { queue.asyncAfter(deadline: .now() + Self.syncInterval) { self.sync() } }
  }

  private func sync() {
    state.withLock { $0.isSyncScheduled = false }
    do {
      try file.withLock { file throws(AuditFile.Failure) in try file.sync() }
    } catch {
      // The lines are in the file; whether they survive a power cut is the disk's matter now.
      logger.error("audit log cannot be synced", metadata: ["error": "\(error)"])
    }
  }
}
