import ArgumentParser
import ProxyConfig

/// The flags that decide what a server runs: those of `server`, and of commands that look at the same settings.
struct ServerOptions: ParsableArguments {
  @Flag(name: [.customShort("d"), .long], help: "Run in the background; needs --log-file.")
  var daemon = false

  @Option(
    name: .customLong("env"), help: ArgumentHelp("File with variables (default: .env).", valueName: "file"))
  var environmentFile: String?

  @Option(
    name: .customLong("addr"),
    help: ArgumentHelp("Address to accept connections on (default: :8080).", valueName: "address"))
  var address: String?

  @Option(
    name: .customLong("db"),
    help: ArgumentHelp("SQLite file (default: data/llm-proxy.db).", valueName: "file"))
  var database: String?

  @Option(
    help: ArgumentHelp(
      "Lines below it are not written: debug, info, warn, error (default: info).", valueName: "level"))
  var logLevel: String?

  @Option(
    help: ArgumentHelp(
      "File for the process id (default in the background: tmp/server.pid).", valueName: "file"))
  var pidFile: String?

  @Flag(name: [.customShort("v"), .long], help: "Same as --log-level debug.")
  var debug = false

  @Option(help: ArgumentHelp("File for the log (default: standard output).", valueName: "file"))
  var logFile: String?

  @Option(
    name: [.customShort("c"), .customLong("config")],
    help: ArgumentHelp("Configuration file (default: ./config/api_providers.yaml).", valueName: "file"))
  var configurationFile: String?

  @Option(help: ArgumentHelp("Not served yet; refused, so that nobody misses events.", valueName: "file"))
  var fileEventLog: String?

  /// The flags in the form in which settings are read.
  var flags: ServerFlags {
    var flags = ServerFlags()
    flags.environmentFile = environmentFile
    flags.address = address
    flags.database = database
    flags.logLevel = logLevel
    flags.logFile = logFile
    flags.debug = debug
    flags.daemon = daemon
    flags.pidFile = pidFile
    flags.configurationFile = configurationFile
    flags.fileEventLog = fileEventLog
    return flags
  }

  /// Reads all settings. Blocks while files are read.
  func load() throws(ConfigurationRefusal) -> Configuration {
    try Configuration.load(flags: flags, environment: try Environment.process(file: environmentFile))
  }
}
