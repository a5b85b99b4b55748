/// The address of a provider: scheme, host, port, and the path put before every client path.
public struct UpstreamOrigin: Sendable, Hashable, CustomStringConvertible {
  /// How bytes travel to the provider.
  public enum Scheme: String, Sendable, Hashable {
    /// Plain HTTP/1.1.
    case http
    /// HTTP over TLS; the certificate is verified against `host`.
    case https

    /// The port used when the URL names none.
    public var defaultPort: Int { self == .https ? 443 : 80 }
  }

  /// How bytes travel to the provider.
  public var scheme: Scheme
  /// Host name (lower case) or IP address; IPv6 without brackets.
  public var host: String
  /// TCP port, 1...65535.
  public var port: Int
  /// Path prefix without a trailing slash: empty, or `/openai/v2`. Percent-encoding is kept as written.
  public var basePath: String

  /// Makes an origin from its parts; they are taken as they are.
  public init(scheme: Scheme, host: String, port: Int, basePath: String = "") {
    self.scheme = scheme
    self.host = host
    self.port = port
    self.basePath = basePath
  }

  /// True when `host` is written as an IPv6 address.
  public var isIPv6Literal: Bool { host.utf8.contains(UInt8(ascii: ":")) }

  /// What the `Host` header says: brackets around IPv6, the port only when it is not the scheme's own.
  public var authority: String {
    let name = isIPv6Literal ? "[\(host)]" : host
    return port == scheme.defaultPort ? name : "\(name):\(port)"
  }

  /// The URL, without a trailing slash.
  public var description: String { "\(scheme.rawValue)://\(authority)\(basePath)" }
}

extension UpstreamOrigin {
  /// Reads an absolute `http` or `https` URL.
  ///
  /// A path is kept and put before every client path; a trailing `/v1` is dropped, because the client's path
  /// begins with it. User name, query and fragment are refused.
  init(parsing text: String) throws(SettingProblem) {
    let example = "write scheme, host and an optional path: https://api.openai.com"
    guard let mark = text.firstRange(of: "://"),
      let scheme = Scheme(rawValue: text[..<mark.lowerBound].lowercased())
    else { throw SettingProblem("is not an http or https URL", example) }
    let rest = text[mark.upperBound...]
    guard rest.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
      throw SettingProblem("holds a character that is not allowed in a URL", "percent-encode it")
    }
    let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    guard !authority.contains("@") else {
      throw SettingProblem(
        "holds a user name", "leave it out; keys belong to projects or to api_key", hidesValue: true)
    }
    let tail = rest.dropFirst(authority.count)
    guard !tail.contains("?"), !tail.contains("#") else {
      throw SettingProblem("holds a query or fragment", "leave it out; the client's query is passed on")
    }
    let address = try ListenAddress(authority: String(authority), defaultPort: scheme.defaultPort)
    guard !address.host.isEmpty, address.port > 0 else { throw SettingProblem("names no host", example) }
    self.init(
      scheme: scheme, host: address.host.lowercased(), port: address.port, basePath: try Self.basePath(tail))
  }

  private static func basePath(_ tail: Substring) throws(SettingProblem) -> String {
    var segments = tail.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
    while segments.last == "" { segments.removeLast() }
    guard !segments.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) else {
      throw SettingProblem("has a path with an empty or dotted segment", "write the path without it")
    }
    if segments.last == "v1" { segments.removeLast() }
    return segments.map { "/\($0)" }.joined()
  }
}
