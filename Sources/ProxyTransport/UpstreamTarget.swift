public import NIOSSL
import Synchronization

/// One origin that connections are pooled for: where it is, how to speak to it, how long to keep it.
///
/// Immutable and shared by all loops. Two targets with the same `key` are interchangeable, so a new
/// configuration generation that names the same origin goes on with the connections of the old one.
public final class UpstreamTarget: Sendable {
  /// Identity for pooling: scheme, host, port and TLS settings.
  public let key: String
  /// Small number of this `key` in the process, by which pools index.
  public let slot: Int
  /// Host name or address, without brackets.
  public let host: String
  /// TCP port, 1…65535.
  public let port: Int
  /// Value of the `Host` header; the port is left out when it is the scheme's own.
  public let hostHeader: [UInt8]
  /// `host:port`, for logs.
  public let authority: String
  /// Limit for name resolution and TCP connect, in nanoseconds.
  public let connectTimeout: UInt64
  /// Limit for the TLS handshake after that, in nanoseconds.
  public let handshakeTimeout: UInt64
  /// Connections kept idle per event loop; more are closed.
  public let idleLimit: Int
  /// Nanoseconds an idle connection is kept.
  public let idleTimeout: UInt64
  let tls: NIOSSLContext?
  let serverName: String?

  /// Creates a target. `tls` is nil for plain HTTP.
  public init(
    host: String, port: Int, tls: NIOSSLContext?, tlsKey: String = "",
    connectTimeout: UInt64, handshakeTimeout: UInt64, idleLimit: Int, idleTimeout: UInt64
  ) {
    let isLiteral = host.utf8.contains(UInt8(ascii: ":"))
    let isNumeric = isLiteral || host.utf8.allSatisfy { ($0 >= 48 && $0 <= 57) || $0 == 46 }
    let bracketed = isLiteral ? "[\(host)]" : host
    let isDefaultPort = port == (tls == nil ? 80 : 443)
    self.host = host
    self.port = port
    self.tls = tls
    self.serverName = isNumeric ? nil : host
    self.authority = "\(bracketed):\(port)"
    self.hostHeader = Array((isDefaultPort ? bracketed : "\(bracketed):\(port)").utf8)
    let key = "\(tls == nil ? "http" : "https")://\(bracketed):\(port)#\(tlsKey)"
    self.key = key
    self.slot = Self.slots.withLock { slots in
      if let known = slots[key] { return known }
      slots[key] = slots.count
      return slots.count - 1
    }
    self.connectTimeout = connectTimeout
    self.handshakeTimeout = handshakeTimeout
    self.idleLimit = idleLimit
    self.idleTimeout = idleTimeout
  }

  // Grows by one for each distinct origin a process has ever been configured with.
  private static let slots = Mutex<[String: Int]>([:])

  /// Whether the connection is encrypted.
  public var isTLS: Bool { tls != nil }
}
