internal import LLMProxyPluginKit

/// The settings of the stage; each may come from an `HTTP_CACHE_…` variable of the environment.
struct CacheSettings: Sendable {
  static let schema = """
    {"type":"object","additionalProperties":false,"properties":{
    "enabled":{"type":["boolean","string"]},
    "stream_responses":{"type":["boolean","string"]},
    "backend":{"type":"string"},
    "default_ttl":{"type":["integer","string"]},
    "max_object_bytes":{"type":["integer","string"]},
    "max_bytes":{"type":["integer","string"]}}}
    """

  let isEnabled: Bool
  /// Event streams are kept too.
  let keepsStreams: Bool
  /// Seconds that an answer is good for which says `public` and not how long; 0: it is not kept.
  let defaultLifetime: Int
  /// Largest body that is kept.
  let objectLimitBytes: Int
  /// All that is kept, headers and bookkeeping included.
  let limitBytes: Int
  /// Redis was asked for.
  let wantsRedis: Bool

  init(_ config: PluginConfig) throws(PluginFailure) {
    try config.allowOnly([
      "enabled", "stream_responses", "backend", "default_ttl", "max_object_bytes", "max_bytes",
    ])
    isEnabled = try config.bool("enabled", default: true)
    keepsStreams = try config.bool("stream_responses", default: false)
    defaultLifetime = try config.integer("default_ttl", default: 0, in: 0...CacheDirectives.longestSeconds)
    limitBytes = try config.integer("max_bytes", default: 64 << 20, in: 1 << 16...1 << 40)
    objectLimitBytes = try config.integer(
      "max_object_bytes", default: min(2 << 20, limitBytes / 2), in: 1...1 << 30)
    switch try config.string("backend", default: "in-memory") {
    case "in-memory", "memory": wantsRedis = false
    case "redis": wantsRedis = true
    case let other: throw .configuration("backend", "\"\(other)\" is unknown; use in-memory")
    }
    if objectLimitBytes > limitBytes {
      throw .configuration(
        "max_object_bytes", "\(objectLimitBytes) is more than max_bytes (\(limitBytes)); raise max_bytes")
    }
  }
}
