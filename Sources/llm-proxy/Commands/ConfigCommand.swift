import ArgumentParser
import ProxyConfig
import ProxyServer

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
      Reads flags, variables and files, and loads the plugins of the pipeline, exactly as `server` does; makes no \
      instance of any. Secrets are shown as dots. Ends with 78 when a setting cannot be used.
      """)

  @OptionGroup var options: ServerOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() async throws {
    do {
      let configuration = try options.load()
      try PipelineCheck.run(configuration)
      let report = ConfigurationReport(configuration)
      Console.output(json ? try report.json() : report.text())
    } catch let refusal as ConfigurationRefusal {
      guard json else { throw Console.refused(refusal) }
      Console.output(try ConfigurationReport.json(of: refusal))
      throw Console.configurationFailure
    } catch let refusal as StartupError {
      if json {
        Console.output(try ConfigurationReport.json(of: refusal))
      } else {
        Console.error("the pipeline cannot be used\n\(refusal)")
      }
      throw Console.configurationFailure
    }
  }
}
