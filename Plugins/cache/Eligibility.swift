internal import LLMProxyPluginKit

/// Which requests the cache has to do with, from their heads. Nothing here allocates.
enum Eligibility {
  /// A longer body is not hashed.
  private static let bodyLimitBytes = 1 << 20

  /// A POST whose client says how long its answer may be kept, and whose body can be told from others.
  static func asksToBeKept(_ request: borrowing Request) -> Bool {
    guard request.header("cache-control") != nil, CacheDirectives(of: request).wantedLifetime != nil,
      let length = request.header("content-length")?.unsignedInteger
    else { return false }
    return length <= bodyLimitBytes && !isSpecial(request)
  }

  /// A GET or HEAD without a body.
  static func mayBeKept(_ request: borrowing Request) -> Bool {
    if let length = request.header("content-length"), length != "0" { return false }
    return request.header("transfer-encoding") == nil && !isSpecial(request)
  }

  /// Wants part of an answer, an answer under conditions only the provider can judge, or no answer but a
  /// connection.
  private static func isSpecial(_ request: borrowing Request) -> Bool {
    for name in ["range", "if-match", "if-unmodified-since", "if-range", "upgrade"] as [StaticString]
    where request.header(name) != nil { return true }
    return false
  }
}
