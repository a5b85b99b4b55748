import ArgumentParser
import ProxyCore

/// The program: one command with sub-commands.
@main
struct LLMProxy: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "llm-proxy",
    abstract: "A gateway between applications and LLM providers.",
    discussion: """
      Applications hold access tokens that expire, can be revoked and are limited; the provider's key stays here.

      Examples:
        MANAGEMENT_TOKEN=$(openssl rand -hex 32) llm-proxy server
        llm-proxy server --config providers.yaml --addr 127.0.0.1:8080
        llm-proxy config check --config providers.yaml
        llm-proxy manage project list

      Exit codes: 0 done, 1 failed, 2 no answer from the server, 3 not allowed, 4 not found, 5 conflict, \
      6 refused as wrong, 7 try again later, 64 wrong usage, 78 settings that cannot be used.
      """,
    version: "\(ProxyVersion.name) \(ProxyVersion.number)",
    subcommands: [
      ServerCommand.self, ConfigCommand.self, DoctorCommand.self, SetupCommand.self, ManageCommand.self,
      SelfCommand.self, OpenAICommand.self, BenchmarkCommand.self, MigrateCommand.self, BackupCommand.self,
      RestoreCommand.self,
      DatabaseCommand.self, AuditTrailCommand.self,
      CompletionsCommand.self, AdminCommand.self,
    ])

  static func main() async {
    await main(CommandLineOrder.normalised(Array(CommandLine.arguments.dropFirst())))
  }
}
