import ArgumentParser
import ProxyClient
import ProxyConfig
import ProxyServer

/// `llm-proxy admin`: the admin UI on a port or machine of its own.
struct AdminCommand: AsyncReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "admin",
    abstract: "Serve the admin UI on a port of its own, in front of a server elsewhere.",
    usage: "llm-proxy admin [options]",
    discussion: """
      The server has the same UI at /admin/ on its own port; this is for another port, or another machine. \
      Browsers sign in here with ADMIN_USER and ADMIN_PASSWORD, or with the management token, which stays in \
      this process. SIGTERM and SIGINT end it.
      """)

  @Option(help: ArgumentHelp("Address to accept connections on (default: :8081).", valueName: "address"))
  var listen: String?

  @Option(
    name: .customLong("api-base-url"),
    help: ArgumentHelp("The server to talk to (default: http://localhost:8080).", valueName: "url"))
  var apiBaseURL: String?

  @Option(
    help: ArgumentHelp(
      "The management token, @file, or - for a line of standard input (default: MANAGEMENT_TOKEN).",
      valueName: "token"))
  var managementToken: SecretArgument?

  @Option(
    name: .customLong("env"), help: ArgumentHelp("File with variables (default: .env).", valueName: "file"))
  var environmentFile: String?

  @Option(
    help: ArgumentHelp("PEM file with the authorities to trust (default: the system's).", valueName: "file"))
  var caFile: String?

  func execute() async throws {
    let settings = try load()
    guard let server = BaseURL(settings.apiBaseURL) else {
      throw CommandFailure(
        .usage,
        "\"\(Terminal.visible(settings.apiBaseURL))\" is not the URL of a server; write it as "
          + "http://localhost:8080, without user name and query")
    }
    do {
      try await AdminProcess.run(settings, server: server, authorityFile: caFile) { port in
        Console.output("The admin UI of \(server.origin) is at http://localhost:\(port)/admin/")
      }
    } catch let error as StartupError {
      Console.error("error: \(error)")
      throw ExitCode.failure
    }
  }

  private func load() throws -> AdminServerSettings {
    var flags = AdminFlags()
    flags.listen = listen
    flags.apiBaseURL = apiBaseURL
    flags.managementToken = try managementToken?.secret().revealText()
    do {
      let environment = try Environment.process(file: environmentFile)
      guard flags.managementToken != nil || environment["MANAGEMENT_TOKEN"] != nil else {
        throw CommandFailure(
          .failure, "no management token: set MANAGEMENT_TOKEN, or name it with --management-token")
      }
      return try AdminServerSettings.load(flags: flags, environment: environment)
    } catch let refusal as ConfigurationRefusal {
      throw Console.refused(refusal)
    }
  }
}
