internal import LLMProxyPluginKit

/// Which of the answers to one request this is: what `Vary` names, and what the request had there
/// (RFC 9111 4.1). Values are hashed: one of them may be a credential.
struct Variant: Equatable, Sendable {
  /// More names than this are no variant but an attack on the one who has to compare them.
  static let mostNames = 32

  /// In lower case, sorted, each once.
  let names: [[UInt8]]
  let values: Digest

  /// The variant of an answer to this request; nil when its `Vary` says that no other request has the same.
  init?(of head: AnswerHead, to request: borrowing Request) {
    var (names, isUnlimited) = ([[UInt8]](), false)
    head.forEach("vary") { line in
      forEachElement(of: line) { element in
        if names.count <= Self.mostNames { names.append(element.map(\.asciiLowercased)) }
        if element.count == 1, element[0] == UInt8(ascii: "*") { isUnlimited = true }
      }
    }
    guard !isUnlimited, names.count <= Self.mostNames else { return nil }
    names.sort { $0.lexicographicallyPrecedes($1) }
    var unique: [[UInt8]] = []
    for name in names where name != unique.last { unique.append(name) }
    self.names = unique
    values = Self.values(of: unique, in: request)
  }

  /// Whether the request would get this variant.
  func matches(_ request: borrowing Request) -> Bool {
    names.isEmpty || Self.values(of: names, in: request) == values
  }

  private static func values(of names: [[UInt8]], in request: borrowing Request) -> Digest {
    var text = KeyText()
    for name in names {
      text.add(name)
      var nth = 0
      while let line = request.header(name, nth: nth) {
        text.add(line.unsafeBytes.trimmed)
        nth += 1
      }
      text.endList()
    }
    return text.digest()
  }
}
