import Hummingbird
import ProxyClient
import ProxyCore

/// What `llm-proxy admin` does not answer itself: it asks the server, in the name of whoever is signed in here.
///
/// The management token stays in this process. `/v1` and `/self` go through for the pages that try a token out,
/// with the access token of the page and only for somebody who is signed in.
struct ForwardRoutes: Sendable {
  let api: RemoteAPI
  let gate: ManagementGate

  /// Bytes of a request's body that are taken.
  private static let bodyLimit = 2 << 20
  private static let dropped: Set<String> = [
    "host", "cookie", "connection", "content-length", "transfer-encoding", "keep-alive", "te", "trailer",
    "upgrade",
    "proxy-authorization", "accept-encoding", "expect", "x-csrf-token", "origin", "referer", "user-agent",
    "authorization", "x-admin-user", "x-admin-origin", "forwarded", "x-real-ip", "x-forwarded-for",
    "x-forwarded-proto", "x-forwarded-host", "x-forwarded-user-agent", "x-forwarded-referer",
  ]
  private static let droppedOfAnswer: Set<String> = [
    "connection", "content-length", "transfer-encoding", "keep-alive", "date", "x-request-id",
    "x-correlation-id",
    "x-content-type-options", "cache-control", "set-cookie",
  ]

  /// Adds the routes.
  func add(to routes: RouteTable) {
    routes.openTree("/manage") { context in await managed(context) }
    for path in ["/v1", "/self"] {
      routes.openTree(path) { context in
        await ManagementGate.answering(context) {
          _ = try gate.admitSession(context)
          return try await forward(context.withBody(upTo: Self.bodyLimit), as: nil)
        }
      }
    }
    for path in ["/health", "/ready", "/live"] {
      routes.open(path) { context in
        await ManagementGate.answering(context) { try await forward(context, as: nil) }
      }
    }
  }

  private func managed(_ context: ManagementContext) async -> Reply {
    await ManagementGate.answering(context) {
      let context = try await gate.admit(context).withBody(upTo: Self.bodyLimit)
      return try await forward(context, as: context.principal)
    }
  }

  private func forward(_ context: ManagementContext, as principal: Principal?) async throws -> Reply {
    let request = context.request
    let target = request.query.isEmpty ? request.path : "\(request.path)?\(request.query)"
    var outgoing = ClientRequest(request.method, api.server, target)
    for (name, value) in request.headers where !Self.dropped.contains(name) && !name.hasPrefix("sec-") {
      outgoing.headers.append((name, value))
    }
    outgoing.headers.removeAll { $0.name == "x-request-id" || $0.name == "x-correlation-id" }
    outgoing.headers.append(("X-Request-ID", context.requestID))
    outgoing.headers.append(("X-Correlation-ID", context.correlationID))
    outgoing.headers.append(("X-Forwarded-For", request.peer))
    if let agent = request.header("user-agent") { outgoing.headers.append(("X-Forwarded-User-Agent", agent)) }
    if let principal {
      outgoing.credentials = api.managementToken
      outgoing.headers.append(("X-Admin-Origin", "1"))
      if principal.means != .managementToken { outgoing.headers.append(("X-Admin-User", principal.user)) }
    } else if let authorization = request.header("authorization") {
      outgoing.headers.append(("Authorization", authorization))
    }
    if !request.body.isEmpty || ["POST", "PUT", "PATCH"].contains(request.method) {
      outgoing.body = request.body
    }
    return Self.reply(try await api.send(outgoing))
  }

  private static func reply(_ answer: RemoteAnswer) -> Reply {
    let headers = answer.head.headers.filter { !droppedOfAnswer.contains($0.name.lowercased()) }
    return Reply(
      status: answer.head.status, headers: headers.map { ($0.name, $0.value) },
      body: .pieces { writer in
        while let piece = await answer.next() { try await writer.write(ByteBuffer(bytes: piece)) }
      })
  }
}
