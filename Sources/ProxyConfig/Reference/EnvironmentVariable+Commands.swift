extension EnvironmentVariable {
  private static func of(_ command: String) -> Status {
    .later("it belongs to the command `\(command)`, which is not built yet")
  }

  /// Variables of other commands; the server never reads them.
  static let commands: [EnvironmentVariable] = [
    .init(
      "NEW_ENCRYPTION_KEY", .commands, .key, "",
      "`migrate rotate-key`: base64 of 32 bytes; what provider keys are sealed with from then on."),
    .init(
      "MANAGEMENT_API_BASE_URL", .commands, .url, "http://localhost:8080",
      "`manage`, `doctor`: the server. If not set, the one on this machine that `LISTEN_ADDR` describes."),
    .init(
      "OPENAI_API_KEY", .commands, .secret, "", "`setup`, `manage project create`: the provider's key."),
    .init("CONFIG", .commands, .file, ".env", "`setup`: the file that is written."),
    .init("INTERACTIVE", .commands, .boolean, "false", "`setup`: ask for each value."),
    .init("PROJECT", .commands, .text, "DefaultProject", "`setup`: name of the first project."),
    .init(
      "DURATION", .commands, .text, "24",
      "`setup`: lifetime of the first token; hours when there is no unit."),
    .init("SKIP_PROJECT", .commands, .boolean, "false", "`setup`: make neither project nor token."),
    .init(
      "PROXY_URL", .commands, .url, "http://localhost:8080",
      "`openai chat`, `benchmark`: the proxy. If not set, the one that `LISTEN_ADDR` describes."),
    .init("PROXY_TOKEN", .commands, .secret, "", "`openai chat`, `benchmark`: the access token."),
    .init("MODEL", .commands, .text, "gpt-4.1-mini", "`openai chat`, `benchmark`: the model."),
    .init("TEMPERATURE", .commands, .number, "0.7", "`openai chat`: the temperature."),
    .init(
      "MAX_TOKENS", .commands, .atLeast(0), "0",
      "`openai chat`: longest answer; 0 leaves it to the provider."),
    .init(
      "SYSTEM_PROMPT", .commands, .text, "You are a helpful assistant.", "`openai chat`: the first message."),
    .init("VERBOSE", .commands, .boolean, "false", "`openai chat`: show details."),
    .init(
      "USE_STREAMING", .commands, .boolean, "true", "`openai chat`: show the answer while it comes."),
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
