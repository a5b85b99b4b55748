import ArgumentParser

/// `llm-proxy manage provider`.
struct ProviderCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "provider", abstract: "Look at providers, and try them.",
    subcommands: [ProviderListCommand.self, ProviderTestCommand.self])

  static let path = "/manage/providers"
}
