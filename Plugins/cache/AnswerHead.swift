internal import LLMProxyPluginKit

/// The header fields of an answer, names in lower case.
struct AnswerHead: Sendable {
  typealias Field = (name: [UInt8], value: [UInt8])

  private(set) var fields: [Field] = []

  /// What the provider sent, before any stage has added to it.
  init(of request: borrowing Request) {
    fields.reserveCapacity(request.headerCount(in: .upstreamResponse))
    request.forEachHeader(in: .upstreamResponse) { name, value in
      fields.append((name.unsafeBytes.map(\.asciiLowercased), Array(value)))
      return true
    }
  }

  private init(_ fields: [Field]) { self.fields = fields }

  /// The first value of a field; `name` is in lower case.
  func first(_ name: StaticString) -> [UInt8]? { fields.first { $0.name.isName(name) }?.value }

  /// Every value of a field.
  func forEach(_ name: StaticString, _ body: (UnsafeRawBufferPointer) -> Void) {
    for field in fields where field.name.isName(name) { field.value.withUnsafeBytes(body) }
  }

  /// What `Cache-Control` says.
  var directives: CacheDirectives {
    var directives = CacheDirectives()
    forEach("cache-control") { directives.read($0) }
    return directives
  }

  /// A number of seconds; nil when it is none.
  func seconds(_ name: StaticString) -> Int? {
    guard let value = first(name), !value.isEmpty, value.count < 12 else { return nil }
    return Int(String(decoding: value, as: UTF8.self))
  }

  /// Seconds since 1970.
  func date(_ name: StaticString) -> Int? { first(name)?.withUnsafeBytes { HTTPDate.seconds($0) } }

  /// What is kept of it: the provider's own words about the answer, nothing about one exchange.
  var kept: AnswerHead {
    var perConnection: [[UInt8]] = []
    forEach("connection") { line in
      forEachElement(of: line) { perConnection.append($0.map(\.asciiLowercased)) }
    }
    return AnswerHead(fields.filter { !Self.isOfOneExchange($0.name) && !perConnection.contains($0.name) })
  }

  /// These fields with those of a 304 in their place (RFC 9111 3.2); what says how the body is coded stays.
  func refreshed(by newer: AnswerHead) -> AnswerHead {
    let update = newer.fields.filter { field in
      !["content-length", "content-encoding", "content-type", "content-range"].contains {
        field.name.isName($0)
      }
    }
    return AnswerHead(fields.filter { field in !update.contains { $0.name == field.name } } + update)
  }

  /// The same head that says how long a client wanted it kept, as if the provider had.
  func stating(lifetime: Int) -> AnswerHead {
    AnswerHead(
      fields.filter { !$0.name.isName("cache-control") && !$0.name.isName("expires") } + [
        (Array("cache-control".utf8), Array("public, max-age=\(lifetime)".utf8))
      ])
  }

  /// Says how long the body is, which is not kept among the fields.
  mutating func state(length: Int) {
    fields.append((Array("content-length".utf8), Array("\(length)".utf8)))
  }

  private static let dropped: [StaticString] = [
    "connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te",
    "trailer", "transfer-encoding", "upgrade", "content-length",  // of the connection
    "set-cookie", "set-cookie2", "date", "age", "x-request-id", "retry-after", "server-timing",
    "cache-status", "x-proxy-cache", "x-proxy-cache-key", "x-cache-debug",
  ]
  private static let droppedPrefixes: [StaticString] = ["access-control-", "x-ratelimit-"]

  private static func isOfOneExchange(_ name: [UInt8]) -> Bool {
    dropped.contains { name.isName($0) } || droppedPrefixes.contains { name.beginsWith($0) }
  }
}

extension [UInt8] {
  /// Byte for byte the name.
  func isName(_ name: StaticString) -> Bool { count == name.utf8CodeUnitCount && beginsWith(name) }

  fileprivate func beginsWith(_ prefix: StaticString) -> Bool {
    guard count >= prefix.utf8CodeUnitCount else { return false }
    for index in 0..<prefix.utf8CodeUnitCount where self[index] != prefix.utf8Start[index] { return false }
    return true
  }
}
