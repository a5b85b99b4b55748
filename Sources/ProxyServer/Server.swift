public import Logging
import NIOCore
import NIOPosix
public import ProxyConfig
import ProxyCore
import ProxyListener
import ProxyManagement
import ProxyPipeline
import ProxyPluginHost
import ProxyStore
import ProxyTelemetry

/// The whole program in one object: built from settings, started once, stopped once.
///
/// Order of start: state, plugins, loops, control plane, socket. Stop is the reverse: the socket closes first,
/// exchanges end or are cut after `timeouts.drain`, what was counted is written, plugins are destroyed.
public final class Server: Sendable {
  /// Where it listens, with the port the system chose when none was given.
  public let address: String
  /// The port it listens on.
  public let port: Int
  private let parts: ServerParts
  private let channel: any Channel

  private init(parts: ServerParts, channel: any Channel) {
    self.parts = parts
    self.channel = channel
    port = channel.localAddress?.port ?? 0
    let host = channel.localAddress?.ipAddress ?? ""
    address = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }

  /// Builds everything and begins to listen.
  ///
  /// - Throws: `StartupError` with a sentence for the operator; nothing is left running then.
  public static func start(_ configuration: Configuration, logger: Logger) async throws(StartupError)
    -> Server
  {
    let parts = try await ServerParts.build(configuration, logger: logger)
    do throws(StartupError) {
      let channel = try await SocketListener.bind(
        configuration.boot.listen, loops: parts.loops, group: parts.group, tls: configuration.boot.tls)
      return Server(parts: parts, channel: channel)
    } catch {
      await parts.stop(drain: .zero)
      throw error
    }
  }

  /// Ends in good order: no new connections, running exchanges finish within the drain time, everything counted
  /// is written.
  ///
  /// - Parameter drain: time for running exchanges; nil = as configured.
  /// - Returns: false when something could not be written.
  @discardableResult
  public func stop(drain: Duration? = nil) async -> Bool {
    try? await channel.close()  // an error says that it is closed already
    return await parts.stop(drain: drain ?? parts.configuration.traffic.timeouts.drain)
  }

  /// Cuts what still runs during a `stop`.
  public func cut() {
    parts.cut()
  }
}
