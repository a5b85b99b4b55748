import ArgumentParser
import ProxyClient
import ProxyConfig
import ProxyCore

/// The flags that say which proxy is talked to, and with which access token.
struct ProxyOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The proxy (default: PROXY_URL, else where LISTEN_ADDR says, else http://localhost:8080).",
      valueName: "url"))
  var proxy: String?

  @Option(
    help: ArgumentHelp(
      "The access token, @file, or - for a line of standard input (default: PROXY_TOKEN).", valueName: "token"
    ))
  var token: SecretArgument?

  @Option(
    name: .customLong("env"), help: ArgumentHelp("File with variables (default: .env).", valueName: "file"))
  var environmentFile: String?

  @Option(
    help: ArgumentHelp("PEM file with the authorities to trust (default: the system's).", valueName: "file"))
  var caFile: String?
}

extension ProxyOptions {
  /// The variables of the process and of the file.
  func environment() throws(ConfigurationRefusal) -> Environment {
    try Environment.process(file: environmentFile)
  }

  /// The proxy, from the flag or `environment`.
  func server(_ environment: Environment) throws(CommandFailure) -> BaseURL {
    try Self.server(proxy ?? environment["PROXY_URL"] ?? ConnectionOptions.listening(environment))
  }

  /// The access token, from the flag or `environment`.
  func secret(_ environment: Environment) throws -> Secret {
    guard let secret = try token?.secret() ?? environment["PROXY_TOKEN"].map({ Secret($0) }) else {
      throw CommandFailure(.denied, "no access token: give --token, or set PROXY_TOKEN")
    }
    return secret
  }

  /// Settings of a session with the proxy.
  func settings() -> ClientSettings {
    var settings = ClientSettings(flags: .init(address: "--proxy"))
    settings.authorityFile = caFile
    return settings
  }

  /// The proxy at an address as applications have it: bases of OpenAI SDKs end in `/v1`, the paths here begin with
  /// it.
  static func server(_ address: String) throws(CommandFailure) -> BaseURL {
    var base = address[...]
    while base.hasSuffix("/") { base.removeLast() }
    guard let server = BaseURL(String(base.hasSuffix("/v1") ? base.dropLast(3) : base)) else {
      throw CommandFailure(
        .usage,
        "\"\(Terminal.visible(address))\" is not the URL of a proxy; write it as \(ConnectionOptions.standardURL)"
      )
    }
    return server
  }
}
