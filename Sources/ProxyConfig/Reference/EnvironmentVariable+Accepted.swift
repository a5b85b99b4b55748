extension EnvironmentVariable {
  private static let sharedCacheComes = Status.later("the response cache is kept in the process")
  private static let eventsCome = Status.later(
    "event sinks are not built yet; exchange lines come from the log stage")
  private static let redisComes = Status.later(
    "Redis is not used yet; limits and events stay in this process")
  private static let postgresComes = Status.later("only SQLite is served")

  /// Variables of the Go program that the server accepts without acting on them.
  static let later: [EnvironmentVariable] = [
    .init("API_ENV", .server, .text, "", "Name of the environment.", .withoutEffect("nothing depends on it")),
    .init(
      "ENABLE_STREAMING", .server, .boolean, "true", "Streaming answers.",
      .withoutEffect("streams always pass")),
    .init(
      "WORKER_POOL_SIZE", .server, .atLeast(0), "", "Worker threads.",
      .withoutEffect("use LLM_PROXY_EVENT_LOOPS")),
    .init(
      "TOKEN_CLEANUP_INTERVAL", .server, .duration, "", "Removal of expired tokens.",
      .withoutEffect("expired tokens are refused at once and kept for audit")),
    .init(
      "LLM_PROXY_ENFORCE_PROJECT_ACTIVE", .server, .boolean, "true", "Refuse traffic of inactive projects.",
      .withoutEffect("inactive projects are always refused")),
    .init(
      "LLM_PROXY_ACTIVE_CACHE_TTL", .server, .duration, "5s", "Age of the project state.",
      .withoutEffect("a change is in force for the next request")),
    .init(
      "LLM_PROXY_ACTIVE_CACHE_MAX", .server, .atLeast(0), "10000", "Size of that cache.",
      .withoutEffect("a change is in force for the next request")),
    .init(
      "LLM_PROXY_API_KEY_CACHE_TTL", .server, .duration, "30s", "Age of provider keys in memory.",
      .withoutEffect("a rotated key is in force for the next request")),
    .init(
      "LLM_PROXY_API_KEY_CACHE_MAX", .server, .atLeast(0), "10000", "Size of that cache.",
      .withoutEffect("a rotated key is in force for the next request")),
    .init(
      "MASK_API_KEYS", .server, .boolean, "true", "Hide keys in output.",
      .withoutEffect("keys are always hidden")),
    .init(
      "VALIDATE_API_KEY_FORMAT", .server, .boolean, "", "Check the form of provider keys.",
      .withoutEffect("providers change the form of their keys")),
    .init(
      "DEFAULT_TOKEN_LIFETIME", .server, .duration, "", "Lifetime of tokens made without one.",
      .later("management requires a lifetime")),
    .init(
      "DEFAULT_TOKEN_REQUEST_LIMIT", .server, .atLeast(0), "", "Request limit of tokens made without one.",
      .later("tokens without a limit are not limited")),
    .init(
      "LLM_PROXY_ENDPOINT", .server, .text, "", "Address in samples of the Go program.",
      .withoutEffect("nothing reads it")),

    .init("DATABASE_URL", .database, .secret, "", "Address of PostgreSQL or MySQL.", postgresComes),
    .init(
      "DATABASE_MAX_IDLE_CONNS", .database, .atLeast(0), "5", "Idle connections.",
      .withoutEffect("SQLite connections are kept")),
    .init(
      "DATABASE_CONN_MAX_LIFETIME", .database, .duration, "1h", "Age of connections.",
      .withoutEffect("SQLite connections are kept")),

    .init(
      "DISTRIBUTED_RATE_LIMIT_ENABLED", .limits, .boolean, "false", "Limits shared through Redis.", redisComes
    ),
    .init("DISTRIBUTED_RATE_LIMIT_PREFIX", .limits, .text, "ratelimit:", "Prefix of their keys.", redisComes),
    .init("DISTRIBUTED_RATE_LIMIT_KEY_SECRET", .limits, .secret, "", "Hashes token ids in keys.", redisComes),
    .init("DISTRIBUTED_RATE_LIMIT_WINDOW", .limits, .duration, "1m", "Window.", redisComes),
    .init("DISTRIBUTED_RATE_LIMIT_MAX", .limits, .atLeast(0), "60", "Requests in a window.", redisComes),
    .init(
      "DISTRIBUTED_RATE_LIMIT_FALLBACK", .limits, .boolean, "true", "Limit in memory when Redis fails.",
      redisComes),

    .init("REDIS_CACHE_URL", .cache, .secret, "", "Redis of the cache.", sharedCacheComes),
    .init(
      "REDIS_CACHE_KEY_PREFIX", .cache, .text, "llmproxy:cache:", "Prefix of its keys.", sharedCacheComes),
    .init("REDIS_CACHE_POOL_SIZE", .cache, .atLeast(0), "", "Connections to it.", sharedCacheComes),
    .init("REDIS_CACHE_TIMEOUT", .cache, .duration, "1s", "Time it has to answer.", sharedCacheComes),
    .init(
      "REDIS_SCAN_COUNT", .cache, .atLeast(0), "2048", "Keys a purge looks at in one step.", sharedCacheComes),
    .init(
      "CACHE_STATS_BUFFER_SIZE", .cache, .atLeast(0), "1000", "Queue of hit counts.",
      .withoutEffect("hits are counted with the requests of a token")),
    .init(
      "USAGE_STATS_BUFFER_SIZE", .cache, .atLeast(0), "1000", "Queue of usage.",
      .withoutEffect("the usage queue has a bound of its own")),

    .init("OBSERVABILITY_ENABLED", .events, .boolean, "true", "Capture exchanges for events.", eventsCome),
    .init("OBSERVABILITY_BUFFER_SIZE", .events, .atLeast(0), "1000", "Events in memory.", eventsCome),
    .init(
      "OBSERVABILITY_MAX_REQUEST_BODY_BYTES", .events, .size, "65536", "Captured part of a request.",
      eventsCome),
    .init(
      "OBSERVABILITY_MAX_RESPONSE_BODY_BYTES", .events, .size, "262144", "Captured part of an answer.",
      eventsCome),
    .init("LLM_PROXY_EVENT_BUS", .events, .text, "in-memory", "`in-memory` or `redis-streams`.", redisComes),
    .init(
      "FILE_EVENT_LOG", .events, .file, "",
      "File of captured events. Refused until event sinks exist, so that nobody misses them.", eventsCome),
    .init("LOG_BINARY_RESPONSES", .events, .boolean, "", "Keep binary bodies in that file.", eventsCome),
    .init("REDIS_ADDR", .events, .text, "localhost:6379", "Address of Redis.", redisComes),
    .init("REDIS_DB", .events, .atLeast(0), "0", "Its database.", redisComes),
    .init("REDIS_PASSWORD", .events, .secret, "", "Its password.", redisComes),
    .init("REDIS_STREAM_KEY", .events, .text, "llm-proxy-events", "Stream of events.", redisComes),
    .init(
      "REDIS_CONSUMER_GROUP", .events, .text, "llm-proxy-dispatchers", "Readers that share work.",
      redisComes),
    .init("REDIS_CONSUMER_NAME", .events, .text, "", "This reader.", redisComes),
    .init("REDIS_STREAM_MAX_LEN", .events, .atLeast(0), "10000", "Events kept.", redisComes),
    .init("REDIS_STREAM_BLOCK_TIME", .events, .duration, "5s", "Wait of a read.", redisComes),
    .init(
      "REDIS_STREAM_CLAIM_TIME", .events, .duration, "30s", "Age at which another reader takes over.",
      redisComes),
    .init("REDIS_STREAM_BATCH_SIZE", .events, .atLeast(0), "100", "Events in a read.", redisComes),
  ]
}
