import ProxyCore

/// `/admin/`: the files of the UI, and its page for every address that is no file.
///
/// `assets/<hash>/…` is where the build puts the files, under the hash of all of them: such an answer never
/// changes. `assets/0/…` is the folder itself, so that the sources run without a build.
struct WebRoutes: Sendable {
  static let path = "/admin"
  private static let index = "index.html"
  private static let unbuilt = "assets/0/"

  let folder: WebFolder

  /// Adds the routes. `session` answers `/admin/session`.
  func add(to routes: RouteTable, session: @escaping RouteTable.Handler) {
    routes.open("/") { context in
      // Programs that ask for "/" get what they always got.
      Self.prefersPage(context.request) ? Self.redirection(to: Self.path + "/") : .notFound
    }
    routes.openTree(Self.path) { context in
      var reply: Reply
      switch context.request.path {
      case Self.path: reply = Self.redirection(to: Self.path + "/")
      case Self.path + "/session": reply = try await session(context)
      default: reply = answer(context.request)
      }
      reply.headers += WebFields.security
      return reply
    }
  }

  private func answer(_ request: ControlRequest) -> Reply {
    guard ["GET", "HEAD"].contains(request.method) else {
      return .fault(.methodNotAllowed(["GET", "HEAD"]))
    }
    let name = String(request.path.dropFirst(Self.path.count + 1))
    if name.isEmpty { return page(request) }
    if let reply = file(name, request) { return reply }
    // A deep link: the page finds out by itself what it means.
    let isAsset = name.hasPrefix("assets/") || name.split(separator: "/").last?.contains(".") == true
    return isAsset ? .notFound : page(request)
  }

  private func page(_ request: ControlRequest) -> Reply {
    file(Self.index, request)
      ?? .text(
        404, "the admin UI is not part of this build: LLM_PROXY_WEB_DIR names no folder with index.html\n")
  }

  /// The answer for a file in the best form the client takes; `nil` when there is no such file.
  private func file(_ name: String, _ request: ControlRequest) -> Reply? {
    let stored = name.hasPrefix(Self.unbuilt) ? String(name.dropFirst(Self.unbuilt.count)) : name
    if stored.hasSuffix(".br") || stored.hasSuffix(".gz") { return nil }
    for coding in ContentCoding.accepted(by: request.list("accept-encoding")) {
      guard let file = folder.file(stored + coding.suffix) else { continue }
      var headers = [
        ("ETag", file.entityTag), ("Vary", "Accept-Encoding"),
        Self.isImmutable(name) ? WebFields.immutable : WebFields.revalidated,
      ]
      if Self.isKnown(file.entityTag, request.list("if-none-match")) {
        return Reply(status: 304, headers: headers)
      }
      headers.append(("Content-Type", WebFields.mediaType(stored)))
      if coding != .identity { headers.append(("Content-Encoding", coding.rawValue)) }
      return Reply(status: 200, headers: headers, body: .bytes(file.bytes))
    }
    return nil
  }

  /// True for names below a folder that is named by a hash.
  private static func isImmutable(_ name: String) -> Bool {
    let parts = name.split(separator: "/", maxSplits: 2)
    return parts.count == 3 && parts[0] == "assets" && parts[1].utf8.count >= 16
      && parts[1].utf8.allSatisfy { hexValue($0) != nil }
  }

  /// Weak comparison (RFC 9110 8.8.3.2): a cache in between may have weakened the tag.
  private static func isKnown(_ tag: String, _ ifNoneMatch: String?) -> Bool {
    guard let ifNoneMatch else { return false }
    return ifNoneMatch.split(separator: ",").contains { entry in
      let known = entry.filter { $0 != " " && $0 != "\t" }
      return known == "*" || known == tag || known == "W/" + tag
    }
  }

  private static func prefersPage(_ request: ControlRequest) -> Bool {
    ["GET", "HEAD"].contains(request.method) && (request.list("accept") ?? "").contains("text/html")
  }

  private static func redirection(to path: String) -> Reply {
    Reply(status: 302, headers: [("Location", path), ("Cache-Control", "no-cache"), ("Vary", "Accept")])
  }
}
