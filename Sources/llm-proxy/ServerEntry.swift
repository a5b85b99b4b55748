import ArgumentParser
import ProxyConfig
import ProxyServer

/// The door from the command line to the server.
enum ServerEntry {
  /// Serves until a signal ends it; calls `ready` once connections are accepted.
  static func run(_ configuration: Configuration, ready: @escaping @Sendable () -> Void) async throws {
    do {
      let isClean = try await ServerProcess.run(configuration) { _ in ready() }
      if !isClean { throw ExitCode.failure }
    } catch let error as StartupError {
      Console.error("error: \(error)")
      throw ExitCode.failure
    }
  }
}
