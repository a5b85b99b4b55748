/// One key of the configuration file. `all` is the only list of them: unknown keys are told by it, and
/// `docs/configuration.md` is made from it.
struct ConfigurationKey: Sendable {
  /// Where the key stands: `apis.*.base_url`, `pipeline[].name`.
  let path: String
  /// What a value looks like, for readers.
  let form: String
  /// The value in force when it is not written; empty for none.
  let standard: String
  let meaning: String
  /// The environment variable that wins over it.
  let variable: String?

  init(_ path: String, _ form: String, _ standard: String, _ meaning: String, variable: String? = nil) {
    self.path = path
    self.form = form
    self.standard = standard
    self.meaning = meaning
    self.variable = variable
  }

  /// The names that may stand directly in the mapping at `path`; the top is the empty path.
  static func names(in path: String) -> [String] { namesByParent[path] ?? [] }

  private static let namesByParent: [String: [String]] = {
    var names: [String: [String]] = [:]
    for key in all {
      let parent = key.path.lastIndex(of: ".").map { String(key.path[..<$0]) } ?? ""
      let name = String(key.path.dropFirst(parent.isEmpty ? 0 : parent.count + 1))
      names[parent, default: []].append(name.hasSuffix("[]") ? String(name.dropLast(2)) : name)
    }
    return names
  }()

  /// Every known key, parents before what they hold.
  static let all: [ConfigurationKey] = [
    .init(
      "listen", "address", ":8080", "Address and port to accept connections on.", variable: "LISTEN_ADDR"),
    .init(
      "default_api", "name", "",
      "Entry of `apis` used when nothing else chooses. If neither this nor `DEFAULT_API_PROVIDER` names "
        + "one: `openai`, or else the first entry.",
      variable: "DEFAULT_API_PROVIDER"),
    .init("allow_unauthenticated", "boolean", "false", "Start although no stage authenticates callers."),

    .init("plugins", "mapping", "", "Where plugins are found and which are trusted."),
    .init(
      "plugins.dir", "folder", "see variable", "Folder with plugin files.",
      variable: "LLM_PROXY_PLUGINS_DIR"),
    .init(
      "plugins.trust", "`any`, `pinned`, `signed`", "any",
      "`any`: every file with safe ownership and mode; `pinned`: only listed files with their SHA-256; "
        + "`signed`: only files with a signature beside them."
    ),
    .init(
      "plugins.files[]", "list of mappings", "",
      "The files to load; every `.so` of the folder if not written."),
    .init("plugins.files[].file", "file name", "", "Name inside `plugins.dir`. Required."),
    .init("plugins.files[].sha256", "64 hex digits", "", "Required when `trust` is `pinned`."),
    .init("plugins.runtime_dir", "folder", "", "Where images are copied before they are opened."),

    .init(
      "pipeline[]", "list of mappings", "the default pipeline",
      "The stages in the order in which a request meets them."),
    .init("pipeline[].name", "name", "last part of `use`", "Unique name in logs, metrics and the UI."),
    .init("pipeline[].use", "component", "", "`core.<component>`, or `<module id>/<component>`. Required."),
    .init("pipeline[].config", "mapping", "{}", "Settings of the stage, as its own documentation says."),
    .init(
      "pipeline[].on_error", "`closed`, `open`", "closed",
      "What an exchange gets when the stage fails: an error, or to go on."),
    .init(
      "pipeline[].timeout_ms", "milliseconds", "5000",
      "How long the stage may hold an exchange while it waits."),
    .init(
      "pipeline[].hook_budget_ms", "milliseconds", "5", "A call that takes longer is counted as an overrun."),
    .init("pipeline[].services", "list of names", "all", "Host services the stage may use."),
    .init("pipeline[].when", "mapping", "", "Restricts the stage; each list that is written must match."),
    .init("pipeline[].when.operation", "list of operations", "", "Such as `chat.completions`, `embeddings`."),
    .init("pipeline[].when.path", "list of prefixes", "", "Such as `/v1/audio`."),
    .init("pipeline[].when.method", "list of methods", "", "Such as `POST`."),

    .init("limits", "mapping", "", "Bounds on sizes and counts, for the whole process."),
    .init(
      "limits.request_body_bytes", "size", "32MiB", "Largest request body; beyond it 413.",
      variable: "MAX_REQUEST_SIZE"),
    .init("limits.request_head_bytes", "size", "64KiB", "Largest request head; beyond it 431."),
    .init("limits.request_fields", "number", "100", "Most fields of a request head; beyond it 431."),
    .init(
      "limits.held_body_bytes", "size", "512MiB", "Bodies held in memory at the same time; beyond it 503."),
    .init("limits.client_connections", "number", "", "Open client connections; not limited if not written."),

    .init("timeouts", "mapping", "", "Bounds on waiting for clients. None of them cuts a live stream."),
    .init(
      "timeouts.request_head", "duration", "30s", "Time a client has to send a request's head.",
      variable: "REQUEST_TIMEOUT"),
    .init("timeouts.request_body_idle", "duration", "30s", "Longest pause in a request's body."),
    .init(
      "timeouts.keep_alive_idle", "duration", "2 × request_head",
      "How long a connection without a request is kept."),
    .init(
      "timeouts.client_write_idle", "duration", "60s",
      "How long a client may take nothing of an answer that waits for it."),
    .init(
      "timeouts.drain", "duration", "30s", "Time for exchanges in flight when the process is told to stop."),

    .init("prices", "mapping", "", "What models cost; see [usage and cost](usage-and-cost.md)."),
    .init("prices.currency", "three letters", "USD", "Currency of all amounts."),
    .init(
      "prices.built_in", "boolean", "true",
      "Whether OpenAI's list prices stand behind the entries of `models`; only in USD."),
    .init(
      "prices.reserved_output_tokens", "number", "4096",
      "Output tokens that a budget reserves for a request that names no limit."),
    .init("prices.models[]", "list of mappings", "", "Prices; the first entry that matches is in force."),
    .init("prices.models[].match", "pattern", "", "Models: `*` any text, `?` one letter. Required."),
    .init("prices.models[].provider", "name", "any", "Entry of `apis` that the price is for."),
    .init(
      "prices.models[].input_per_million", "decimal number", "",
      "Price of a million tokens read, at most 6 places. Required."),
    .init(
      "prices.models[].cached_input_per_million", "decimal number", "as `input_per_million`",
      "Price of a million tokens read that the provider had cached."),
    .init(
      "prices.models[].output_per_million", "decimal number", "",
      "Price of a million tokens written, reasoning included. Required."),

    .init("apis", "mapping", "the built-in OpenAI entry", "The providers by name."),
    .init("apis.*", "mapping", "", "One provider as clients may use it."),
    .init(
      "apis.*.adapter", "`openai`, `mock`, `<module id>/<component>`", "openai",
      "The adapter that speaks to the provider."),
    .init(
      "apis.*.base_url", "URL", "",
      "Where requests go; the client's path is put after its path. A trailing `/v1` is dropped, because "
        + "the client's path begins with it. Required, except with `mock`."
    ),
    .init(
      "apis.*.api_key", "secret", "", "Used for projects without a key of their own. Write it as `${NAME}`."),
    .init("apis.*.config", "mapping", "{}", "Settings of the adapter."),
    .init("apis.*.allowed_endpoints", "list of prefixes", "", "Paths that clients may use. Required."),
    .init("apis.*.allowed_methods", "list of methods", "", "Methods that clients may use. Required."),
    .init(
      "apis.*.param_whitelist", "mapping of lists", "",
      "For each named parameter of a JSON body, the patterns its value must match one of (`*`, `?`, `[a-z]`)."
    ),
    .init("apis.*.allowed_origins", "list of origins", "", "Origins that browsers may call from."),
    .init(
      "apis.*.required_headers", "list of names", "",
      "Headers a request must have; `origin` is the usual one."),
    .init("apis.*.timeouts", "mapping", "", "Bounds on waiting for the provider; 0 means none."),
    .init(
      "apis.*.timeouts.request", "duration", "none",
      "From dispatch to the first byte of the answer, all attempts together. It never cuts an answer that "
        + "has begun."
    ),
    .init("apis.*.timeouts.connect", "duration", "30s", "Name resolution and TCP connect."),
    .init("apis.*.timeouts.tls_handshake", "duration", "10s", "TLS handshake."),
    .init(
      "apis.*.timeouts.response_header", "duration", "10m", "To the first byte of the answer, each attempt."),
    .init("apis.*.timeouts.idle", "duration", "10m", "Longest pause in an answer, or in taking an upload."),
    .init(
      "apis.*.timeouts.total", "duration", "none",
      "To the last byte of the answer. The only one that ends a live stream; leave it out unless you want "
        + "that."
    ),
    .init(
      "apis.*.timeouts.idle_connection", "duration", "90s",
      "How long an unused connection to the provider is kept."),
    .init(
      "apis.*.timeouts.flush_interval", "duration", "",
      "Accepted for the Go program's files; bytes are always passed on as they arrive."),
    .init("apis.*.connection", "mapping", "", "How connections to the provider are kept."),
    .init(
      "apis.*.connection.max_idle_conns", "number", "100",
      "Unused connections kept for the whole process; 0 means any number."),
    .init(
      "apis.*.connection.max_idle_conns_per_host", "number", "",
      "The same for one provider; the smaller of the two counts."),
  ]
}
