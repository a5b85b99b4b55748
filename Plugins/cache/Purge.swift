internal import CLLMProxyPlugin
internal import LLMProxyPluginKit

/// What an operator wants forgotten: `{"method","path","query"}` or `{"prefix"}`.
enum Purge: Sendable {
  /// One request, whoever asked it and whatever its body.
  case request(method: [UInt8], path: [UInt8], query: [UInt8])
  /// Every path that begins so.
  case paths([UInt8])
  /// Every key that begins so, as `X-PROXY-CACHE-KEY` shows them.
  case keys([UInt8])

  init(_ input: JSONValue) throws(PluginFailure) {
    if let prefix = Self.text("prefix", input), !prefix.isEmpty {
      self = prefix.first == UInt8(ascii: "/") ? .paths(prefix) : .keys(prefix.map(\.asciiLowercased))
      return
    }
    guard let method = Self.text("method", input), let path = Self.text("path", input) else {
      throw PluginFailure("give method and path, or a prefix", code: LLMP_E_INVALID)
    }
    let query = (Self.text("query", input) ?? []).withUnsafeBytes { CacheKey.sorted($0) }
    // HEAD is answered from what GET was answered.
    self = .request(method: method.isName("HEAD") ? Array("GET".utf8) : method, path: path, query: query)
  }

  private static func text(_ name: String, _ input: JSONValue) -> [UInt8]? {
    guard case .string(let text)? = input[name] else { return nil }
    return Array(text.utf8)
  }

  func picks(_ answer: KeptAnswer) -> Bool {
    switch self {
    case .request(let method, let path, let query):
      answer.place.path == path && answer.place.method == method && answer.place.query == query
    case .paths(let prefix): answer.place.path.starts(with: prefix)
    case .keys(let prefix): answer.place.request.hex.starts(with: prefix)
    }
  }
}
