import Glibc
import ProxyClient
import ProxyConfig
import ProxyCore

/// What `doctor` looks at in the network. Belongs to one thread.
final class NetworkChecks {
  private let configuration: Configuration
  private let session: ClientSession
  /// Seconds since 1970 by the clock of the first provider that answered.
  private(set) var foreignTime: Int64?
  /// That provider.
  private(set) var foreignHost = ""

  /// Checks of what `configuration` names.
  init(_ configuration: Configuration, timeout: Duration, authorityFile: String?) throws(CommandFailure) {
    self.configuration = configuration
    var settings = ClientSettings(flags: .init(address: "the settings"))
    settings.connectTimeout = timeout
    settings.totalTimeout = timeout
    settings.authorityFile = authorityFile
    do { session = try ClientSession(settings) } catch { throw CommandFailure(error) }
  }

  // MARK: the port

  /// Whether the port is free; true when something listens there already.
  func port() -> (Finding, isServing: Bool) {
    let address = configuration.boot.listen
    switch Self.bindProblem(address) {
    case 0: return (.ok("port", "\(address) is free"), false)
    case EADDRINUSE: return (.ok("port", "\(address) is in use; see the next line for whom"), true)
    case EACCES:
      return (
        .problem(
          "port", "\(address) may not be used by this user",
          "use a port above 1023, or grant CAP_NET_BIND_SERVICE"),
        false
      )
    case let code?:
      return (
        .problem(
          "port", "\(address) cannot be used: \(String(cString: strerror(code)))", "correct LISTEN_ADDR"),
        false
      )
    case nil:
      return (.problem("port", "the host of \(address) does not resolve", "correct LISTEN_ADDR"), false)
    }
  }

  /// Binds and lets go again: 0 when that works, else `errno`; `nil` when the name does not resolve.
  private static func bindProblem(_ address: ListenAddress) -> Int32? {
    var hints = addrinfo()
    hints.ai_flags = AI_PASSIVE
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    let host = address.host.isEmpty ? nil : address.host
    guard getaddrinfo(host, "\(address.port)", &hints, &found) == 0, let first = found else { return nil }
    defer { freeaddrinfo(found) }
    let descriptor = socket(first.pointee.ai_family, first.pointee.ai_socktype, 0)
    guard descriptor >= 0 else { return errno }
    defer { close(descriptor) }
    var yes: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    guard bind(descriptor, first.pointee.ai_addr, first.pointee.ai_addrlen) == 0,
      // Two sockets may be bound with SO_REUSEADDR; only one may listen.
      listen(descriptor, 1) == 0
    else { return errno }
    return 0
  }

  // MARK: the server

  /// Who listens there, whether it is ready, and whether it knows the management token.
  func server() -> [Finding] {
    let boot = configuration.boot
    let host = ["", "0.0.0.0", "::"].contains(boot.listen.host) ? "localhost" : boot.listen.host
    let authority = ListenAddress(host: host, port: boot.listen.port).description
    guard let server = BaseURL("\(boot.tls == nil ? "http" : "https")://\(authority)") else { return [] }
    do throws(ClientFailure) {
      let health = try get(server, "/health")
      guard health.status == 200, String(decoding: health.body, as: UTF8.self).contains("\"version\"") else {
        return [.problem("server", "another program listens on \(authority)", "stop it, or set LISTEN_ADDR")]
      }
      var findings = [Finding.ok("server", "llm-proxy serves on \(server)")]
      let ready = try get(server, "/ready")
      if ready.status != 200 {
        let reason = Terminal.visible(String(decoding: ready.body.prefix(300), as: UTF8.self).trimmed)
        findings.append(
          .problem("server", "it is not ready: \(reason)", "see its log, and docs/operations.md"))
      }
      findings.append(try credentials(server))
      return findings
    } catch {
      return [
        .problem("server", error.description, "see the log of the program that listens on \(authority)")
      ]
    }
  }

  private func credentials(_ server: BaseURL) throws(ClientFailure) -> Finding {
    switch try get(server, "/manage/projects?limit=1", configuration.boot.managementToken).status {
    case 200: .ok("server", "it knows this MANAGEMENT_TOKEN")
    case 401:
      .warning(
        "server", "it was started with another MANAGEMENT_TOKEN",
        "use its token, or start it again with this one")
    case let status: .problem("server", "its management answers status \(status)", "see its log")
    }
  }

  private func get(
    _ server: BaseURL, _ target: String, _ credentials: Secret? = nil, method: String = "GET"
  ) throws(ClientFailure) -> Transfer {
    var request = ClientRequest(method, server, target)
    request.credentials = credentials
    return try session.perform(request, into: .collect(limitBytes: 1 << 20))
  }

  // MARK: providers

  /// Each provider answers, whatever it says: a status proves that names, routes, proxies and certificates work.
  func providers() -> [Finding] {
    configuration.traffic.apis.map { api in
      let subject = "provider"
      if api.adapter == "mock" || configuration.boot.mockUpstream {
        return .ok(subject, "\(api.name) is the mock: nothing leaves this machine")
      }
      guard let server = BaseURL(api.baseURL.description) else {
        return .problem(subject, "\(api.name) has no usable base_url", "correct apis.\(api.name).base_url")
      }
      do throws(ClientFailure) {
        let answer = try get(server, "/", method: "HEAD")
        note(answer, of: server)
        return .ok(
          subject, "\(api.name) at \(server.origin) answers in \(Figure.milliseconds(answer.totalTime)) ms")
      } catch {
        return .problem(
          subject, "\(api.name): \(error.description)",
          "correct apis.\(api.name).base_url, or the way there: name resolution, firewall, proxy")
      }
    }
  }

  private func note(_ answer: Transfer, of server: BaseURL) {
    guard foreignTime == nil, !server.isLocal, let date = answer.header("date") else { return }
    foreignTime = ProcessChecks.seconds(ofDate: date)
    foreignHost = server.host
  }
}
