internal import Crypto

/// The hash chain over the audit trail's file: each line ends in a member `chain`, SHA-256 over the chain of the
/// line before and the line's own bytes up to that member. A line that was altered, inserted or removed shows.
public enum AuditLineChain {
  private static let opening = Array(",\"chain\":\"".utf8)
  private static let closing = Array("\"}".utf8)
  private static let digits = 64

  /// Adds its link to a line that holds one JSON object; other lines stay as they are.
  ///
  /// - Parameters:
  ///   - line: without its line feed.
  ///   - previous: chain of the line before; empty for the first.
  /// - Returns: the line, and the chain to hand to the next one.
  public static func link(_ line: [UInt8], after previous: String) -> (line: [UInt8], chain: String) {
    guard line.count > 2, line.first == UInt8(ascii: "{"), line.last == UInt8(ascii: "}") else {
      return (line, previous)
    }
    let content = line.dropLast()
    let chain = hash(content, after: previous)
    var linked = Array(content)
    linked += opening
    linked += chain.utf8
    linked += closing
    return (linked, chain)
  }

  /// The chain of a line that has one.
  public static func chain(of line: some BidirectionalCollection<UInt8>) -> String? {
    split(line)?.chain
  }

  /// Whether a line's chain is right after `previous`; `nil` for a line that has none.
  static func holds(_ line: ArraySlice<UInt8>, after previous: String) -> Bool? {
    guard let (content, chain) = split(line) else { return nil }
    return hash(content, after: previous) == chain
  }

  private static func split<Line: BidirectionalCollection<UInt8>>(
    _ line: Line
  ) -> (content: Line.SubSequence, chain: String)? {
    let length = opening.count + digits + closing.count
    guard line.count > length else { return nil }
    let content = line.dropLast(length)
    let link = line.suffix(length)
    let chain = link.dropFirst(opening.count).prefix(digits)
    guard link.starts(with: opening), link.suffix(closing.count).elementsEqual(closing),
      chain.allSatisfy({ HexDigit.value($0) != nil })
    else { return nil }
    return (content, String(decoding: chain, as: UTF8.self))
  }

  private static func hash(_ content: some Collection<UInt8>, after previous: String) -> String {
    var function = SHA256()
    function.update(data: Array(previous.utf8))
    function.update(data: Array(content))
    return String(
      decoding: function.finalize().flatMap { [HexDigit.lower($0 >> 4), HexDigit.lower($0 & 15)] },
      as: UTF8.self)
  }
}
