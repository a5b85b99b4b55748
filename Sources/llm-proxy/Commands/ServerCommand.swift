import ArgumentParser
import ProxyConfig

/// `llm-proxy server`: serves until it is told to stop.
struct ServerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "server",
    abstract: "Serve the proxy, its management and its metrics.",
    usage: "llm-proxy server [options]",
    discussion: """
      Every flag has a variable, and most settings have only a variable or a key of the \
      configuration file: docs/configuration.md lists them. MANAGEMENT_TOKEN is required. \
      SIGTERM and SIGINT end the server after requests in flight have been answered.
      """)

  @OptionGroup var options: ServerOptions

  @Option(
    help: ArgumentHelp(
      "Descriptor that is written to and closed once connections are accepted.", visibility: .hidden))
  var readyDescriptor: Int32?

  func run() async throws {
    let configuration: Configuration
    do {
      configuration = try options.load()
    } catch {
      throw Console.refused(error)
    }
    Console.error("log level: \(configuration.boot.log.level.rawValue)")
    if configuration.boot.runsAsDaemon, readyDescriptor == nil {
      if let path = configuration.boot.pidFile { try PIDFile.refuseRunning(path) }
      return try Daemon.start(configuration.boot)
    }
    let pidFile = try configuration.boot.pidFile.map(PIDFile.init(writingTo:))
    defer { pidFile?.remove() }
    let readyDescriptor = readyDescriptor
    // The one place where the command line hands over to the server.
    try await ServerEntry.run(configuration) {
      if let readyDescriptor { Daemon.tellReady(readyDescriptor) }
    }
  }
}
