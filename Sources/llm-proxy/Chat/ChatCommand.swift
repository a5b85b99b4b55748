import ArgumentParser
import Glibc
import ProxyClient
import ProxyConfig
import ProxyCore

/// `llm-proxy openai chat`: a conversation on the terminal, or one question from a pipe.
struct ChatCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "chat",
    abstract: "Chat with a model.",
    discussion: """
      On a terminal, each line is a message; `exit`, `quit`, Ctrl-C or Ctrl-D end the session, and Ctrl-C during an \
      answer ends that answer. When standard input is no terminal, all of it is one message, and the answer is all \
      that is printed.

      Example: echo "What is a withering token?" | llm-proxy openai chat --model gpt-4o
      """)

  @Option(
    help: ArgumentHelp(
      "The proxy (default: PROXY_URL, else where LISTEN_ADDR says, else http://localhost:8080).",
      valueName: "url"))
  var proxy: String?

  @Option(
    help: ArgumentHelp(
      "The access token, @file, or - for a line of standard input (default: PROXY_TOKEN).", valueName: "token"
    ))
  var token: SecretArgument?

  @Option(help: ArgumentHelp("The model (default: MODEL, else gpt-4.1-mini).", valueName: "name"))
  var model: String?

  @Option(help: ArgumentHelp("0 to 2 (default: TEMPERATURE, else 0.7).", valueName: "number"))
  var temperature: Double?

  @Option(
    help: ArgumentHelp(
      "Longest answer; 0 leaves it to the provider (default: MAX_TOKENS, else 0).", valueName: "number"))
  var maxTokens: Int?

  @Option(help: ArgumentHelp("The first message (default: SYSTEM_PROMPT).", valueName: "text"))
  var system: String?

  @Flag(name: [.customShort("v"), .long], help: "Show times and token counts on standard error.")
  var verbose = false

  @Flag(inversion: .prefixedNo, help: "Show the answer while it comes (default: USE_STREAMING, else yes).")
  var stream: Bool?

  @Option(
    name: .customLong("env"), help: ArgumentHelp("File with variables (default: .env).", valueName: "file"))
  var environmentFile: String?

  @Option(
    help: ArgumentHelp("PEM file with the authorities to trust (default: the system's).", valueName: "file"))
  var caFile: String?

  @Option(help: ArgumentHelp("Longest silence of the proxy, such as 30s or 10m.", valueName: "duration"))
  var timeout = SpanArgument(seconds: 600)

  func execute() throws {
    let environment = try Environment.process(file: environmentFile)
    let settings = try settings(environment)
    let interruption = try Interruption()
    let session = try ChatSession(settings, clientSettings, interruption)
    if isatty(STDIN_FILENO) == 1 {
      try session.converse()
    } else {
      let prompt = try InputText.all(STDIN_FILENO, named: "standard input", limitBytes: 16 << 20)
      guard prompt.contains(where: { !$0.isWhitespace }) else {
        throw CommandFailure(.usage, "there is no message on standard input")
      }
      try session.answer(prompt)
    }
  }

  private var clientSettings: ClientSettings {
    var settings = ClientSettings(flags: .init(address: "--proxy"))
    settings.totalTimeout = nil
    settings.idleTimeout = timeout.duration
    settings.authorityFile = caFile
    return settings
  }

  private func settings(_ environment: Environment) throws -> ChatSettings {
    let address = proxy ?? environment["PROXY_URL"] ?? ConnectionOptions.listening(environment)
    guard let server = BaseURL(Self.withoutVersion(address)) else {
      throw CommandFailure(
        .usage,
        "\"\(Terminal.visible(address))\" is not the URL of a proxy; write it as \(ConnectionOptions.standardURL)"
      )
    }
    guard let secret = try token?.secret() ?? environment["PROXY_TOKEN"].map({ Secret($0) }) else {
      throw CommandFailure(.denied, "no access token: give --token, or set PROXY_TOKEN")
    }
    var settings = ChatSettings(server: server, token: secret)
    settings.model = model ?? environment["MODEL"] ?? settings.model
    settings.system = system ?? environment["SYSTEM_PROMPT"] ?? settings.system
    settings.temperature = try temperature ?? Self.number("TEMPERATURE", environment, Double.init) ?? 0.7
    settings.maxTokens = try maxTokens ?? Self.number("MAX_TOKENS", environment, { Int($0) }) ?? 0
    settings.isVerbose = try verbose || Self.number("VERBOSE", environment, Self.boolean) ?? false
    settings.isStreaming = try stream ?? Self.number("USE_STREAMING", environment, Self.boolean) ?? true
    guard (0...2).contains(settings.temperature) else {
      throw CommandFailure(.usage, "the temperature must be between 0 and 2")
    }
    guard settings.maxTokens >= 0 else { throw CommandFailure(.usage, "--max-tokens must be 0 or more") }
    return settings
  }

  /// Bases of OpenAI SDKs end in `/v1`; the paths here begin with it.
  static func withoutVersion(_ address: String) -> String {
    var text = address
    while text.hasSuffix("/") { text.removeLast() }
    return text.hasSuffix("/v1") ? String(text.dropLast(3)) : text
  }

  private static func boolean(_ text: String) -> Bool? {
    switch text.lowercased() {
    case "1", "t", "true": true
    case "0", "f", "false": false
    default: nil
    }
  }

  private static func number<Value>(
    _ name: String, _ environment: Environment, _ read: (String) -> Value?
  ) throws(CommandFailure) -> Value? {
    guard let text = environment[name] else { return nil }
    guard let value = read(text) else {
      throw CommandFailure(.configuration, "\(name) cannot be read: \"\(Terminal.visible(text))\"")
    }
    return value
  }
}
