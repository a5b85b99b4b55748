import NIOCore
import NIOPosix
import NIOSSL
import ProxyConfig
import ProxyTransport

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The listening socket: accepts on the first loop and hands connections round to all.
enum SocketListener {
  static func bind(
    _ address: ListenAddress, loops: [LoopServices], group: any EventLoopGroup, tls: TLSSettings?
  ) async throws(StartupError) -> any Channel {
    let context = try tls.map { settings throws(StartupError) in try serverContext(settings) }
    let byLoop = Dictionary(uniqueKeysWithValues: loops.map { (ObjectIdentifier($0.eventLoop), $0) })
    guard let first = loops.first else { throw StartupError("no event loops: EVENT_LOOPS must be 1 or more") }
    let bootstrap = ServerBootstrap(group: first.eventLoop, childGroup: group)
      .serverChannelOption(.backlog, value: 4096)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.recvAllocator, value: ReceiveBuffer.allocator)
      .childChannelOption(
        .writeBufferWaterMark, value: ChannelOptions.Types.WriteBufferWaterMark(low: 65_536, high: 262_144)
      )
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let context {
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
          }
          try byLoop[ObjectIdentifier(channel.eventLoop)]?.accept(channel)
        }
      }
    do {
      return try await bootstrap.bind(
        host: address.host.isEmpty ? "0.0.0.0" : address.host, port: address.port
      )
      .get()
    } catch {
      throw StartupError(sentence(address, error))
    }
  }

  private static func sentence(_ address: ListenAddress, _ error: any Error) -> String {
    guard let error = error as? IOError else { return "cannot listen on \(address): \(error)" }
    switch error.errnoCode {
    case EADDRINUSE:
      return
        "cannot listen on \(address): another program uses this port; stop it, or set LISTEN_ADDR (--addr)"
    case EACCES:
      return
        "cannot listen on \(address): not allowed; ports below 1024 need a privilege, choose another port"
    case EADDRNOTAVAIL:
      return "cannot listen on \(address): this machine does not have that address; correct LISTEN_ADDR"
    default:
      return "cannot listen on \(address): \(error)"
    }
  }

  private static func serverContext(_ settings: TLSSettings) throws(StartupError) -> NIOSSLContext {
    do {
      let chain = try NIOSSLCertificate.fromPEMFile(settings.certificateFile)
      let key = try NIOSSLPrivateKey(file: settings.keyFile, format: .pem)
      var configuration = TLSConfiguration.makeServerConfiguration(
        certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
      configuration.minimumTLSVersion = settings.minimumVersion == .tls13 ? .tlsv13 : .tlsv12
      configuration.applicationProtocols = ["http/1.1"]
      return try NIOSSLContext(configuration: configuration)
    } catch {
      throw StartupError(
        "TLS cannot be set up with TLS_CERT_FILE \(settings.certificateFile) and TLS_KEY_FILE "
          + "\(settings.keyFile): \(error); both must be readable PEM files that belong together")
    }
  }
}
