import Hummingbird
public import Logging
import NIOCore
public import ProxyConfig
import ProxyCore

/// The admin UI on a port of its own: a small server in front of a control plane that asks another server.
public enum AdminServer {
  /// Serves until SIGTERM or SIGINT.
  ///
  /// - Parameter ready: called once connections are accepted, with the port.
  public static func run(
    _ plane: ManagementPlane, on address: ListenAddress, logger: Logger,
    ready: @escaping @Sendable (Int) -> Void
  ) async throws {
    let responder = CallbackResponder<EdgeContext> { request, context in
      await answer(request, context, plane)
    }
    let application = Application(
      responder: responder,
      configuration: .init(
        address: .hostname(address.host.isEmpty ? "0.0.0.0" : address.host, port: address.port)),
      onServerRunning: { channel in ready(channel.localAddress?.port ?? address.port) }, logger: logger)
    try await application.runService()
  }

  private static func answer(
    _ request: Request, _ context: EdgeContext, _ plane: ManagementPlane
  ) async -> Response {
    let parts = (request.head.path ?? "/").split(
      separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    var headers = request.headers.map { ($0.name.canonicalName, $0.value) }
    if let authority = request.head.authority { headers.append(("host", authority)) }
    var asked = ControlRequest(
      method: request.method.rawValue, path: parts.first.map(String.init) ?? "/",
      query: parts.count > 1 ? String(parts[1]) : "", headers: headers, peer: context.peer)
    asked.incoming = { limit throws(ControlBodyError) in
      do {
        return Array(try await request.body.collect(upTo: limit).readableBytesView)
      } catch is NIOTooManyBytesError {
        throw .tooLarge
      } catch {
        throw .disconnected
      }
    }
    let response = await plane.respond(to: asked)
    var reply = Reply(status: response.status, headers: response.headers)
    switch response.body {
    case .bytes(let bytes): if request.method != .head { reply.body = .bytes(bytes) }
    case .stream(let stream):
      reply.body = .pieces { writer in
        for await piece in stream { try await writer.write(ByteBuffer(bytes: piece)) }
      }
    }
    return reply.response
  }
}

/// What is known of a connection to the admin server.
private struct EdgeContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  /// Address of the peer.
  let peer: String

  init(source: ApplicationRequestContextSource) {
    coreContext = .init(source: source)
    peer = source.channel.remoteAddress?.ipAddress ?? ""
  }
}
