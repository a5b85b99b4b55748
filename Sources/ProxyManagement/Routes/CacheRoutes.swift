import ProxyPipeline
import ProxyStore

/// `/manage/cache/purge`: tells whatever stage keeps answers to forget some.
struct CacheRoutes: Sendable {
  private static let command = "cache.purge"

  let operations: Operations
  /// `nil` where no traffic is served.
  let server: (any LiveServer)?

  /// Adds the route.
  func add(to routes: RouteTable) {
    routes.managed("/manage/cache/purge", ["POST": purge])
  }

  private func purge(_ context: ManagementContext) async throws -> Reply {
    try await operations.audited("cache.purge", context) { draft in
      // Before the body is looked at, as in the Go program.
      guard let server, server.offers(Self.command) else {
        throw ManagementFault.invalid("caching is disabled", code: "caching_disabled")
      }
      let fields = try fields(of: context)
      let method = (try fields.string("method") ?? "").uppercased()
      let url = try fields.string("url") ?? ""
      let prefix = try fields.string("prefix").flatMap { $0.isEmpty ? nil : $0 }
      draft.note("purge_type", .string(prefix == nil ? "exact" : "prefix"))
      draft.note("method", method)
      draft.note("url", url)
      draft.note("prefix", prefix)
      guard !method.isEmpty, !url.isEmpty else {
        throw ManagementFault.invalid("method and url are required")
      }
      guard let target = PurgeTarget(url) else { throw ManagementFault.invalid("invalid URL", param: "url") }
      let order: JSONValue =
        prefix.map { ["prefix": .string($0)] }
        ?? ["method": .string(method), "path": .string(target.path), "query": .string(target.query)]
      let count = try await dropped(by: server, order)
      let deleted: JSONValue = prefix == nil ? .bool(count > 0) : .integer(count)
      draft.note("deleted", deleted)
      return .json(200, ["deleted": deleted])
    }
  }

  private func fields(of context: ManagementContext) throws(ManagementFault) -> RequestFields {
    do throws(ManagementFault) {
      return try RequestFields(context.request.body)
    } catch  where error.status == 400 {
      throw .invalid("invalid JSON", code: "invalid_request_body")
    }
  }

  /// Answers that all stages together forgot.
  private func dropped(by server: any LiveServer, _ order: JSONValue) async throws -> Int64 {
    let answers: [String]
    do {
      answers = try await server.run(Self.command, json: order.text)
    } catch let failure as CommandFailure where failure.isInvalid {
      throw ManagementFault.invalid(failure.message)
    } catch {
      throw ManagementFault.failed(to: "purge the cache")
    }
    return answers.reduce(0) { sum, text in
      guard let answer = try? RequestFields(Array(text.utf8)) else { return sum }  // counts nothing then
      return sum + ((try? answer.integer("deleted")) ?? 0)
    }
  }
}

/// Path and query of a URL that an operator wrote: absolute, or from the path on.
struct PurgeTarget: Equatable, Sendable {
  let path: String
  let query: String

  /// `nil` when it is not a URL.
  init?(_ url: String) {
    guard url.utf8.allSatisfy({ $0 > 32 && $0 != 127 }), Self.hasWholeEscapes(url) else { return nil }
    var rest = url[...]
    if let fragment = rest.firstIndex(of: "#") { rest = rest[..<fragment] }
    if let scheme = rest.firstRange(of: "://") {
      guard Self.isScheme(rest[..<scheme.lowerBound]) else { return nil }
      rest = rest[scheme.upperBound...]
      let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
      guard Self.isAuthority(rest[..<end]) else { return nil }
      rest = rest[end...]
    } else if rest.prefix(while: { $0 != "/" && $0 != "?" }).contains(":") {
      return nil
    }
    let mark = rest.firstIndex(of: "?") ?? rest.endIndex
    let path = rest[..<mark]
    self.path = path.hasPrefix("/") ? String(path) : "/" + path
    query = String(rest[mark...].dropFirst())
  }

  private static func isScheme(_ text: Substring) -> Bool {
    text.first?.isLetter == true
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
          true
        default: false
        }
      }
  }

  /// Host and port; brackets only around an address, and closed.
  private static func isAuthority(_ text: Substring) -> Bool {
    let host = text.lastIndex(of: "@").map { text[text.index(after: $0)...] } ?? text
    guard host.hasPrefix("[") else { return !host.contains("[") && !host.contains("]") && isPort(host) }
    guard let close = host.lastIndex(of: "]") else { return false }
    let rest = host[host.index(after: close)...]
    return rest.isEmpty || (rest.hasPrefix(":") && isPort(rest))
  }

  private static func isPort(_ text: Substring) -> Bool {
    guard let colon = text.lastIndex(of: ":") else { return true }
    return text[text.index(after: colon)...].utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
  }

  private static func hasWholeEscapes(_ url: String) -> Bool {
    let bytes = Array(url.utf8)
    return bytes.indices.allSatisfy { index in
      guard bytes[index] == UInt8(ascii: "%") else { return true }
      return index + 2 < bytes.count && bytes[index + 1...index + 2].allSatisfy(Self.isHexDigit)
    }
  }

  private static func isHexDigit(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte & 0xDF)
  }
}
