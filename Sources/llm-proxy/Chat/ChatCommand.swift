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

  @OptionGroup(title: "Proxy") var proxy: ProxyOptions

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

  @Option(help: ArgumentHelp("Longest silence of the proxy, such as 30s or 10m.", valueName: "duration"))
  var timeout = SpanArgument(seconds: 600)

  func execute() throws {
    let environment = try proxy.environment()
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
    var settings = proxy.settings()
    settings.totalTimeout = nil
    settings.idleTimeout = timeout.duration
    return settings
  }

  private func settings(_ environment: Environment) throws -> ChatSettings {
    var settings = ChatSettings(server: try proxy.server(environment), token: try proxy.secret(environment))
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
