internal import LLMProxyPluginKit

/// The settings of the stage; `LOG_FILE`, `LOG_MAX_SIZE_MB` and `LOG_MAX_BACKUPS` may feed them.
struct LogSettings: Sendable {
  static let schema = """
    {"type":"object","additionalProperties":false,"properties":{
    "file":{"type":"string"},
    "max_size_mb":{"type":["integer","string"]},
    "max_backups":{"type":["integer","string"]},
    "flush_interval_ms":{"type":["integer","string"]}}}
    """

  /// Nil: standard output.
  let file: String?
  /// A file is put aside before it would grow beyond this; 0: never.
  let maximalBytes: Int
  /// How many files put aside are kept.
  let backups: Int
  /// How long a line may wait in memory.
  let flushMilliseconds: Int

  init(_ config: PluginConfig) throws(PluginFailure) {
    try config.allowOnly(["file", "max_size_mb", "max_backups", "flush_interval_ms"])
    let file = try config.string("file")
    if file.utf8.contains(0) { throw .configuration("file", "contains a NUL byte") }
    self.file = file.isEmpty || file == "-" ? nil : file
    maximalBytes = try config.integer("max_size_mb", default: 100, in: 0...1_048_576) << 20
    backups = try config.integer("max_backups", default: 5, in: 0...1000)
    flushMilliseconds = try config.integer("flush_interval_ms", default: 200, in: 1...60_000)
  }
}
