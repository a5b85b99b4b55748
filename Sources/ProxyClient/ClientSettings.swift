/// How a session talks to servers.
public struct ClientSettings: Sendable {
  /// How messages name the settings that a user can change.
  public struct Flags: Sendable {
    /// What names the server.
    public var address: String
    /// What sets the time limit.
    public var timeout: String
    /// What names a certificate authority.
    public var authority: String

    /// Makes names of their parts.
    public init(address: String, timeout: String = "--timeout", authority: String = "--ca-file") {
      self.address = address
      self.timeout = timeout
      self.authority = authority
    }
  }

  /// Name resolution, connection and TLS handshake. Default 10 s.
  public var connectTimeout: Duration = .seconds(10)
  /// From the first byte sent to the last received; `nil` is no limit, for streams. Default 30 s.
  public var totalTimeout: Duration? = .seconds(30)
  /// Longest time in which nothing at all arrives; `nil` is no limit. Default none.
  public var idleTimeout: Duration?
  /// PEM file with the authorities that are trusted; `nil` means those of the system.
  public var authorityFile: String?
  /// True keeps to HTTP/1.1 where a server over TLS offers HTTP/2.
  public var isHTTP1Only = false
  /// Connections kept for reuse.
  public var keptConnections = 8
  /// How messages name these settings.
  public var flags: Flags

  /// Settings with the documented defaults.
  public init(flags: Flags) {
    self.flags = flags
  }
}
