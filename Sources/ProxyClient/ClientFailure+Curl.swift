import CCurl

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

extension ClientFailure {
  /// What `code` means for a request to `origin`.
  ///
  /// - Parameters:
  ///   - detail: libcurl's own words for this one case; may be empty.
  ///   - osError: `errno` of the system call that failed, or 0.
  init(_ code: CURLcode, _ detail: String, osError: Int, origin: String, _ settings: ClientSettings) {
    let reason = detail.isEmpty ? String(cString: ccurl_easy_strerror(code)) : detail
    let flags = settings.flags
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST:
      self.init(
        .unreachable,
        "cannot reach \(origin): its name does not resolve; check the spelling in \(flags.address)")
    case CURLE_COULDNT_CONNECT:
      self.init(.unreachable, Self.noConnection(origin, osError, reason, flags))
    case CURLE_COULDNT_RESOLVE_PROXY, CURLE_PROXY:
      self.init(
        .unreachable,
        "cannot reach \(origin) through the HTTP proxy of the environment: \(reason); "
          + "check http_proxy, https_proxy and no_proxy")
    case CURLE_OPERATION_TIMEDOUT:
      self.init(
        .timedOut,
        "no answer from \(origin) in time (\(reason)); it may be overloaded, or \(flags.timeout) too short")
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR:
      self.init(
        .untrusted,
        "\(origin) has a certificate that is not trusted: \(reason); name the certificate of its authority with "
          + flags.authority)
    case CURLE_SSL_CACERT_BADFILE:
      self.init(
        .unusable, "the file of \(flags.authority) cannot be used: it must hold certificates in PEM form")
    case CURLE_SSL_CONNECT_ERROR:
      self.init(
        .untrusted, "no TLS connection to \(origin): \(reason); a server without TLS is named with http://")
    case CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT:
      self.init(.unusable, "\(origin) is not an http or https URL; correct \(flags.address)")
    case CURLE_GOT_NOTHING:
      self.init(
        .broken,
        "\(origin) closed the connection without an answer; a server with TLS is named with https://")
    default:
      self.init(.broken, "the connection to \(origin) broke: \(reason)")
    }
  }

  private static func noConnection(
    _ origin: String, _ osError: Int, _ reason: String, _ flags: ClientSettings.Flags
  ) -> String {
    guard osError != 0 else { return "cannot reach \(origin): \(reason); check \(flags.address)" }
    let what = String(cString: strerror(Int32(truncatingIfNeeded: osError))).lowercased()
    let remedy =
      osError == ECONNREFUSED
      ? "nothing listens there; start it with `llm-proxy server`, or name another with \(flags.address)"
      : "check the network and \(flags.address)"
    return "cannot reach \(origin): \(what); \(remedy)"
  }
}
