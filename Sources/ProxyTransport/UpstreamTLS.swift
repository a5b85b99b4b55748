public import NIOSSL

/// TLS settings towards providers: verified against the system's authorities, HTTP/1.1 by ALPN.
public enum UpstreamTLS {
  /// Builds the context shared by all connections.
  ///
  /// - Parameter authoritiesFile: PEM file used instead of the system's store; nil for the system's.
  /// - Throws: `NIOSSLError` when the file cannot be read.
  public static func context(authoritiesFile: String?) throws -> NIOSSLContext {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.applicationProtocols = ["http/1.1"]
    configuration.certificateVerification = .fullVerification
    configuration.minimumTLSVersion = .tlsv12
    if let authoritiesFile {
      configuration.trustRoots = .file(authoritiesFile)
    }
    return try NIOSSLContext(configuration: configuration)
  }
}
