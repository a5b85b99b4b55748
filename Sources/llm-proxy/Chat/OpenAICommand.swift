import ArgumentParser

/// `llm-proxy openai`.
struct OpenAICommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "openai", abstract: "Talk to a model through the proxy.", subcommands: [ChatCommand.self])
}
