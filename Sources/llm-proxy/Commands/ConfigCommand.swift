import ArgumentParser
import ProxyConfig

/// `llm-proxy config`: looks at settings without starting anything.
struct ConfigCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config",
    abstract: "Look at settings without starting anything.",
    subcommands: [ConfigCheckCommand.self])
}

/// `llm-proxy config check`: shows what would run, and where each setting comes from.
struct ConfigCheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Show what would run and where each setting comes from, or every mistake.",
    usage: "llm-proxy config check [options]",
    discussion: """
      Reads flags, variables and files exactly as `server` does. Secrets are shown as dots. \
      Ends with 78 when a setting cannot be used.
      """)

  @OptionGroup var options: ServerOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() async throws {
    do {
      let report = ConfigurationReport(try options.load())
      Console.output(json ? try report.json() : report.text())
    } catch let refusal as ConfigurationRefusal {
      guard json else { throw Console.refused(refusal) }
      Console.output(try ConfigurationReport.json(of: refusal))
      throw Console.configurationFailure
    }
  }
}
