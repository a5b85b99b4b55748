import ArgumentParser
import ProxyClient
import ProxyConfig
import ProxyCore

/// The flags that say which server is managed, and with what.
struct ConnectionOptions: ParsableArguments {
  @Option(
    name: .customLong("manage-api-base-url"),
    help: ArgumentHelp(
      "The server (default: MANAGEMENT_API_BASE_URL, else where LISTEN_ADDR says, else http://localhost:8080).",
      valueName: "url"))
  var baseURL: String?

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

  @Option(help: ArgumentHelp("Time for each answer, such as 10s or 2m.", valueName: "duration"))
  var timeout = SpanArgument(seconds: 30)
}

extension ConnectionOptions {
  /// Where the server is when no flag says it.
  static let standardURL = "http://localhost:8080"

  /// The address of the server, from the flag or `environment`.
  func server(_ environment: Environment) throws(CommandFailure) -> BaseURL {
    let text = baseURL ?? environment["MANAGEMENT_API_BASE_URL"] ?? Self.listening(environment)
    guard let server = BaseURL(text) else {
      throw CommandFailure(
        .usage,
        "\"\(Terminal.visible(text))\" is not the URL of a server; write it as \(Self.standardURL), without user name "
          + "and query")
    }
    return server
  }

  /// The URL of a server on this machine that `LISTEN_ADDR` and `ENABLE_TLS` of `environment` describe.
  static func listening(_ environment: Environment) -> String {
    guard let address = environment["LISTEN_ADDR"], let colon = address.lastIndex(of: ":"),
      let port = Int(address[address.index(after: colon)...]), port > 0
    else { return standardURL }
    var host = String(address[..<colon])
    // Addresses that mean "every one of this machine" are none to connect to.
    if ["", "0.0.0.0", "[::]", "*"].contains(host) { host = "localhost" }
    let isTLS = ["1", "t", "true"].contains(environment["ENABLE_TLS"]?.lowercased() ?? "")
    return "\(isTLS ? "https" : "http")://\(host):\(port)"
  }

  /// The variables of the process and of the file.
  func environment() throws(ConfigurationRefusal) -> Environment {
    try Environment.process(file: environmentFile)
  }

  /// Settings of a session with that server.
  func settings() -> ClientSettings {
    var settings = ClientSettings(flags: .init(address: "--manage-api-base-url"))
    settings.totalTimeout = timeout.duration
    settings.authorityFile = caFile
    return settings
  }

  /// A client of the management API. Reads the variables; sends nothing.
  ///
  /// - Parameters:
  ///   - interruption: a descriptor that can be read once the user wants no more, or -1.
  ///   - isEndless: whether answers may go on for as long as they are not silent.
  func client(interruption: Int32 = -1, isEndless: Bool = false) throws -> ManagementClient {
    var settings = settings()
    if isEndless {
      settings.totalTimeout = nil
      settings.idleTimeout = timeout.duration
    }
    let environment = try environment()
    guard let token = try managementToken?.secret() ?? environment["MANAGEMENT_TOKEN"].map({ Secret($0) })
    else {
      throw CommandFailure(
        .denied,
        "no management token: set MANAGEMENT_TOKEN in the environment or in .env, or name it with "
          + "--management-token")
    }
    return try ManagementClient(
      server(environment), credentials: .init(token, "MANAGEMENT_TOKEN or --management-token"), settings,
      interruption: interruption)
  }
}
