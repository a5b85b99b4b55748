import ArgumentParser

/// `llm-proxy manage`: everything that the management API does.
struct ManageCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "manage",
    abstract: "Manage projects, access tokens and what a running server keeps.",
    discussion: """
      Talks to the management API of a running server. The management token comes from MANAGEMENT_TOKEN, in the \
      environment or in .env, or from --management-token.
      """,
    subcommands: [
      ProjectCommand.self, TokenCommand.self, AuditCommand.self, UsageCommand.self, EntriesCommand.self,
      PricesCommand.self, CacheCommand.self, OverviewCommand.self, ExchangeCommand.self, ProviderCommand.self,
      PluginsCommand.self, PipelineCommand.self, SettingsCommand.self, EventsCommand.self,
    ])
}
