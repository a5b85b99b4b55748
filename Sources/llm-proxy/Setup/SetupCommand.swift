import ArgumentParser
import Glibc
import ProxyConfig
import ProxyCore

/// `llm-proxy setup`: writes the settings of a first server, and makes its first project and token.
struct SetupCommand: AsyncReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "setup",
    abstract: "Write a .env file, and make a first project and access token.",
    discussion: """
      Works on the database itself, so no server needs to run; one that runs sees the project at once. Secrets that \
      are made here are shown once. An existing file is only replaced with --force, or after asking; its other \
      variables and its ENCRYPTION_KEY are kept.

      Examples:
        OPENAI_API_KEY=$(cat key) llm-proxy setup
        llm-proxy setup --interactive
      """)

  @Option(
    name: .customLong("config"), help: ArgumentHelp("The file to write (default: .env).", valueName: "file"))
  var file: String?

  @Option(
    name: [.customLong("openai-key"), .customLong("api-key")],
    help: ArgumentHelp(
      "The provider's key, @file, or - for a line of standard input (default: OPENAI_API_KEY).",
      valueName: "key"))
  var providerKey: SecretArgument?

  @Option(
    help: ArgumentHelp(
      "The management token, @file, or - for a line of standard input (default: MANAGEMENT_TOKEN, else a new one).",
      valueName: "token"))
  var managementToken: SecretArgument?

  @Option(
    name: .customLong("db"),
    help: ArgumentHelp("SQLite file (default: data/llm-proxy.db).", valueName: "file"))
  var database: String?

  @Option(
    name: .customLong("addr"),
    help: ArgumentHelp("Address to accept connections on (default: localhost:8080).", valueName: "address"))
  var address: String?

  @Flag(help: "Ask for each value.")
  var interactive = false

  @Option(help: ArgumentHelp("Name of the first project (default: DefaultProject).", valueName: "name"))
  var project: String?

  @Option(
    help: ArgumentHelp(
      "Lifetime of the token: hours, or with a unit 90m, 24h, 7d; or never (default: 24).",
      valueName: "duration"))
  var duration: LifetimeArgument?

  @Flag(help: "Make neither project nor token.")
  var skipProject = false

  @Flag(help: "Replace an existing file without asking.")
  var force = false

  @Flag(help: "Print one JSON object.")
  var json = false

  func execute() async throws {
    var plan = try plan()
    let interruption = try Interruption()
    let isAsking = try interactive || Self.flag("INTERACTIVE")
    if isAsking { try SetupQuestions(LineReader(interruption), isReplacing: force).complete(&plan) }
    if !isAsking, !force, plan.fileExists {
      throw CommandFailure(
        .conflict,
        "\(plan.file) exists and is left as it is; --force replaces it, --config names another file")
    }
    try plan.check()
    let result = try await plan.carryOut()
    Console.output(json ? result.document.indented() : result.text)
  }

  /// What flags and variables say.
  private func plan() throws -> SetupPlan {
    let environment = Environment.process
    var plan = SetupPlan(file: file ?? environment["CONFIG"] ?? ".env")
    plan.providerKey = try providerKey?.secret() ?? environment["OPENAI_API_KEY"].map { Secret($0) }
    plan.managementToken = try managementToken?.secret() ?? environment["MANAGEMENT_TOKEN"].map { Secret($0) }
    plan.encryptionKey = environment["ENCRYPTION_KEY"].map { Secret($0) }
    plan.database = database ?? environment["DATABASE_PATH"] ?? plan.database
    plan.address = address ?? environment["LISTEN_ADDR"] ?? plan.address
    plan.project = project ?? environment["PROJECT"] ?? plan.project
    plan.makesProject = try !(skipProject || Self.flag("SKIP_PROJECT"))
    if let duration {
      plan.lifetime = duration
    } else if let text = environment["DURATION"] {
      guard let lifetime = LifetimeArgument(argument: text) else {
        throw CommandFailure(.configuration, "DURATION must be hours, a duration such as 90m or 7d, or never")
      }
      plan.lifetime = lifetime
    }
    return plan
  }

  private static func flag(_ name: String) throws(CommandFailure) -> Bool {
    switch Environment.process[name]?.lowercased() {
    case nil, "0", "f", "false": false
    case "1", "t", "true": true
    default: throw CommandFailure(.configuration, "\(name) must be true or false")
    }
  }
}
