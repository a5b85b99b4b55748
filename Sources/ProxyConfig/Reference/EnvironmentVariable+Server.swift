extension EnvironmentVariable {
  /// Variables that the server itself reads.
  static let server: [EnvironmentVariable] = [
    .init("MANAGEMENT_TOKEN", .server, .secret, "", "Bearer token of `/manage`. Required."),
    .init("LISTEN_ADDR", .server, .address, ":8080", "Address and port to accept connections on."),
    .init(
      "REQUEST_TIMEOUT", .server, .duration, "30s",
      "Time a client has to send a request's head; twice this is how long an idle connection is kept. "
        + "It never limits an answer, so it cannot cut a stream."),
    .init(
      "LLM_PROXY_EVENT_LOOPS", .server, .count(1...1024), "",
      "Threads that carry traffic; one for each core if not set."),
    .init(
      "LLM_PROXY_PLUGINS_DIR", .server, .file, "",
      "Folder with plugin files; if not set, `plugins` beside the program's `bin` folder, else `./plugins`."),
    .init(
      "ENV", .server, .file, ".env",
      "File with variables, read at start. It never overrides the process environment."),
    .init("DAEMON", .server, .boolean, "false", "Run in the background."),
    .init(
      "PID_FILE", .server, .file, "tmp/server.pid",
      "File that holds the process id; written in the background mode, or when set."),
    .init("DEBUG", .server, .boolean, "false", "Same as `LOG_LEVEL=debug`."),

    .init(
      "DB_DRIVER", .database, .choice(["sqlite", "postgres", "mysql"]), "sqlite",
      "Only `sqlite` is served; the others are refused."),
    .init("DATABASE_PATH", .database, .file, "data/llm-proxy.db", "SQLite file, or `:memory:`."),
    .init("DATABASE_POOL_SIZE", .database, .count(1...1_000), "10", "Connections for reading."),
    .init("ENCRYPTION_KEY", .database, .key, "", "Base64 of 32 bytes; seals provider keys in the database."),
    .init(
      "REQUIRE_ENCRYPTION_KEY", .database, .boolean, "false", "Refuse to start without `ENCRYPTION_KEY`."),

    .init(
      "API_CONFIG_PATH", .providers, .file, "./config/api_providers.yaml",
      "The configuration file. If set, it must exist; if not set and the default is absent, the built-in "
        + "OpenAI entry is used."
    ),
    .init(
      "DEFAULT_API_PROVIDER", .providers, .text, "openai",
      "Entry of `apis` used when nothing else chooses; wins over `default_api`."),
    .init(
      "OPENAI_API_URL", .providers, .url, "https://api.openai.com", "Provider of the built-in OpenAI entry."),
    .init(
      "LLM_PROXY_MOCK", .providers, .boolean, "false",
      "Answer every API by the mock adapter; nothing leaves the machine."),

    .init("MAX_REQUEST_SIZE", .limits, .size, "32MiB", "Largest request body (`limits.request_body_bytes`)."),

    .init(
      "ENABLE_TLS", .tls, .boolean, "",
      "`true` refuses to start without certificate and key; `false` leaves them unused."),
    .init(
      "TLS_CERT_FILE", .tls, .file, "",
      "PEM file with the certificate and its chain; with `TLS_KEY_FILE` the listener speaks TLS."),
    .init("TLS_KEY_FILE", .tls, .file, "", "PEM file with the private key."),
    .init(
      "TLS_MIN_VERSION", .tls, .choice(["1.2", "1.3"]), "1.2", "Lowest protocol version that is accepted."),

    .init(
      "LOG_LEVEL", .logging, .choice(["debug", "info", "warn", "error"]), "info",
      "Lines below it are not written. Above `info` there are no exchange lines either."),
    .init(
      "LOG_FORMAT", .logging, .choice(["json", "console"]), "json",
      "One JSON object a line, or text for a terminal."),
    .init("LOG_FILE", .logging, .file, "", "File of the application's log; standard output if not set."),
    .init(
      "LOG_MAX_SIZE_MB", .logging, .count(0...1_048_576), "100",
      "Log files are rotated before they grow beyond this many MiB; 0 means never."),
    .init("LOG_MAX_BACKUPS", .logging, .count(0...1_000), "5", "Rotated files kept for each log file."),
    .init("AUDIT_ENABLED", .logging, .boolean, "true", "Keep a trail of management actions."),
    .init(
      "AUDIT_LOG_FILE", .logging, .file, "./data/audit.log", "Its file; set to nothing for the database only."
    ),
    .init("AUDIT_CREATE_DIR", .logging, .boolean, "true", "Make the folder of the audit file."),
    .init("AUDIT_STORE_IN_DB", .logging, .boolean, "true", "Keep the trail in the database too."),
    .init(
      "AUDIT_RETENTION", .logging, .age, "",
      "Audit events older than this, such as `90d`, are removed from database and rotated files; kept for ever if "
        + "not set. The chain of the others still verifies."),
    .init(
      "USAGE_RETENTION", .logging, .age, "90d", "Entries of the usage ledger older than this are removed."),
    .init(
      "USAGE_ROLLUP_RETENTION", .logging, .age, "400d",
      "Sums of usage by hour and day older than this are removed; not less than `USAGE_RETENTION`."),
    .init("ENABLE_METRICS", .logging, .boolean, "true", "Serve the metrics page."),
    .init("METRICS_PATH", .logging, .path, "/metrics", "Its path."),
  ]

  /// Variables that reach the stages of the default pipeline, and no other.
  static let stages: [EnvironmentVariable] = [
    .init(
      "GLOBAL_RATE_LIMIT", .limits, .count(0...1_000_000_000), "",
      "Requests a minute for the whole process; not set or 0 means no limit."),
    .init(
      "IP_RATE_LIMIT", .limits, .count(0...1_000_000_000), "",
      "Requests a minute for each client address; not set or 0 means no limit."),
    .init(
      "MAX_CONCURRENT_REQUESTS", .limits, .count(0...1_000_000_000), "",
      "Requests in flight for the whole process; not set or 0 means no limit."),
    .init(
      "CORS_ALLOWED_ORIGINS", .limits, .list, "",
      "Origins that browsers may call from, separated by commas; not set means any, and `allowed_origins` "
        + "of an API still applies."
    ),
    .init(
      "CORS_ALLOWED_METHODS", .limits, .list, "GET,POST,PUT,PATCH,DELETE,OPTIONS",
      "Methods named in answers to preflight requests."),
    .init(
      "CORS_ALLOWED_HEADERS", .limits, .list, "",
      "Headers named in answers to preflight requests; not set means those that were asked for."),
    .init("CORS_MAX_AGE", .limits, .seconds, "86400", "How long browsers may keep such an answer."),
    .init(
      "LLM_PROXY_EXCHANGE_LOG_FILE", .logging, .file, "",
      "File with one JSON line for each exchange; standard output if not set."),
    .init(
      "HTTP_CACHE_ENABLED", .cache, .boolean, "true",
      "Keep answers that may be kept, and give them again (docs/cache.md)."),
    .init("HTTP_CACHE_STREAM_RESPONSES", .cache, .boolean, "false", "Keep event streams too."),
    .init(
      "HTTP_CACHE_BACKEND", .cache, .choice(["in-memory", "memory", "redis"]), "in-memory",
      "Where they are kept. `redis` starts with a warning and keeps them in the process."),
    .init(
      "HTTP_CACHE_DEFAULT_TTL", .cache, .seconds, "",
      "How long an answer is good for that says `public` and not how long; not set or 0: it is not kept."),
    .init(
      "HTTP_CACHE_MAX_OBJECT_BYTES", .cache, .size, "2MiB", "Largest answer that is kept."),
  ]

  /// Names of the variables that reach only the default pipeline.
  static let stageNames = Set(stages.map(\.name))
}
