import ArgumentParser

/// `llm-proxy manage cache`.
struct CacheCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cache", abstract: "Manage cached answers.", subcommands: [CachePurgeCommand.self])
}
