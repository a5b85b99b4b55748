internal import LLMProxyPluginKit

/// Whether the client has the answer already (RFC 9110 13).
enum Preconditions {
  /// True when the request is conditional.
  static func arePresent(in request: borrowing Request) -> Bool {
    for name in ["if-none-match", "if-modified-since", "if-match", "if-unmodified-since", "if-range"]
      as [StaticString]
    where request.header(name) != nil { return true }
    return false
  }

  /// True when a 304 says it all. `If-None-Match` wins over the date.
  static func areMet(by answer: KeptAnswer, in request: borrowing Request) -> Bool {
    if request.header("if-none-match") != nil {
      var (nth, isMatch) = (0, false)
      let tag = answer.head.first("etag").map { $0.withUnsafeBytes { Array(opaque($0)) } }
      while let line = request.header("if-none-match", nth: nth) {
        forEachElement(of: line.unsafeBytes) { element in
          let isAny = element.count == 1 && element[0] == UInt8(ascii: "*")
          if isAny || (tag.map { opaque(element).elementsEqual($0) } ?? false) { isMatch = true }
        }
        nth += 1
      }
      return isMatch
    }
    guard let line = request.header("if-modified-since"), let since = HTTPDate.seconds(line.unsafeBytes),
      let modified = answer.head.date("last-modified")
    else { return false }
    return modified <= since
  }

  /// Weak comparison: the tag without its weakness, and without quotes, which some clients forget.
  private static func opaque(_ tag: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    var tag = tag
    if tag.count >= 2, tag[0] == UInt8(ascii: "W"), tag[1] == UInt8(ascii: "/") {
      tag = UnsafeRawBufferPointer(rebasing: tag[2...])
    }
    if tag.count >= 2, tag[0] == UInt8(ascii: "\""), tag[tag.count - 1] == UInt8(ascii: "\"") {
      tag = UnsafeRawBufferPointer(rebasing: tag[1..<tag.count - 1])
    }
    return tag
  }
}
