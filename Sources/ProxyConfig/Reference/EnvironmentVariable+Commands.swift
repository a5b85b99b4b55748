extension EnvironmentVariable {
  private static func of(_ command: String) -> Status {
    .later("it belongs to the command `\(command)`, which is not built yet")
  }

  /// Variables of other commands; the server never reads them.
  static let commands: [EnvironmentVariable] = [
    .init(
      "MANAGEMENT_API_BASE_URL", .commands, .url, "http://localhost:8080", "The server to manage.",
      of("manage")),
    .init("OPENAI_API_KEY", .commands, .secret, "", "Provider key of the first project.", of("setup")),
    .init("CONFIG", .commands, .file, ".env", "File that is written.", of("setup")),
    .init("INTERACTIVE", .commands, .boolean, "false", "Ask for each value.", of("setup")),
    .init("PROJECT", .commands, .text, "DefaultProject", "Name of the first project.", of("setup")),
    .init(
      "DURATION", .commands, .text, "24", "Lifetime of the first token; hours when there is no unit.",
      of("setup")),
    .init("SKIP_PROJECT", .commands, .boolean, "false", "Make neither project nor token.", of("setup")),
    .init("PROXY_URL", .commands, .url, "http://localhost:8080", "The proxy to talk to.", of("openai chat")),
    .init("PROXY_TOKEN", .commands, .secret, "", "The access token.", of("openai chat")),
    .init("MODEL", .commands, .text, "gpt-4.1-mini", "The model.", of("openai chat")),
    .init("TEMPERATURE", .commands, .number, "0.7", "The temperature.", of("openai chat")),
    .init(
      "MAX_TOKENS", .commands, .atLeast(0), "0", "Longest answer; 0 leaves it to the provider.",
      of("openai chat")),
    .init(
      "SYSTEM_PROMPT", .commands, .text, "You are a helpful assistant.", "The first message.",
      of("openai chat")),
    .init("VERBOSE", .commands, .boolean, "false", "Show details.", of("openai chat")),
    .init("USE_STREAMING", .commands, .boolean, "true", "Show the answer while it comes.", of("openai chat")),
    .init("LLM_PROXY_API_KEY", .commands, .secret, "", "Key of the backend.", of("dispatcher")),
    .init("DISPATCHER_SERVICE", .commands, .text, "file", "The backend.", of("dispatcher")),
    .init("DISPATCHER_ENDPOINT", .commands, .text, "", "File or URL of the backend.", of("dispatcher")),
    .init("DISPATCHER_BUFFER", .commands, .atLeast(0), "1000", "Events in memory.", of("dispatcher")),
    .init("DISPATCHER_BATCH_SIZE", .commands, .atLeast(0), "100", "Events in a delivery.", of("dispatcher")),
    .init("DISPATCHER_DETACH", .commands, .boolean, "false", "Run in the background.", of("dispatcher")),
    .init(
      "LLM_PROXY_DISPATCHER_VERBOSE", .commands, .boolean, "", "Deliver response headers too.",
      of("dispatcher")),
    .init(
      "EVENTDISPATCHER_FILE", .commands, .file, "events.jsonl", "File of the stand-alone dispatcher.",
      .withoutEffect("that program is not part of this one")),
    .init(
      "EVENTDISPATCHER_BUFFER", .commands, .atLeast(0), "100", "Events in its memory.",
      .withoutEffect("that program is not part of this one")),
  ]
}
