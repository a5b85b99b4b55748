import Logging
public import ProxyClient
public import ProxyConfig
import ProxyCore
import ProxyManagement

/// `llm-proxy admin` as a process.
public enum AdminProcess {
  /// Serves until SIGTERM or SIGINT.
  ///
  /// - Parameters:
  ///   - server: the server that is asked.
  ///   - authorityFile: PEM file with the authorities it is trusted by; `nil` for those of the system.
  ///   - ready: called once connections are accepted, with the port.
  /// - Throws: `StartupError` with a sentence for the operator.
  public static func run(
    _ settings: AdminServerSettings, server: BaseURL, authorityFile: String?,
    ready: @escaping @Sendable (Int) -> Void
  ) async throws {
    let logger = try ServerProcess.logger(settings.log)
    for warning in settings.warnings {
      logger.warning("configuration", metadata: ["warning": "\(warning)"])
    }
    var management = ManagementSettings(token: settings.managementToken)
    management.admin = settings.admin
    management.admin.apiBaseURL = settings.apiBaseURL
    let api = RemoteAPI(
      server: server, managementToken: settings.managementToken, authorityFile: authorityFile)
    let plane: ManagementPlane
    do {
      plane = try ManagementPlane(admin: management, api: api, logger: logger)
    } catch {
      throw StartupError("\(error)")
    }
    do {
      try await AdminServer.run(plane, on: settings.listen, logger: logger, ready: ready)
    } catch {
      throw StartupError(
        "cannot listen on \(settings.listen): \(error); choose another address with --listen")
    }
  }
}
