/// Lists of path prefixes, methods, headers and patterns, as several sections have them.
enum PathRules {
  /// The methods that the listener carries; every other one is refused before any stage sees it.
  static let knownMethods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

  /// Methods in upper case.
  static func methods(_ section: Section, _ key: String) -> [String]? {
    section.strings(key)?.compactMap { text, place in
      let method = text.uppercased()
      if knownMethods.contains(method) { return method }
      let nearest = Report.nearest(to: method, among: knownMethods)
      section.report.refuse(
        place, section.fullPath(key), "\"\(text)\" is not a method that is carried",
        nearest.map { "did you mean \($0)?" } ?? "write \(knownMethods.joined(separator: ", "))")
      return nil
    }
  }

  /// Prefixes of absolute paths.
  static func prefixes(_ section: Section, _ key: String) -> [String]? {
    section.strings(key)?.compactMap { text, place in
      let isPath = text.hasPrefix("/") && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
      if isPath, !text.contains("*"), !text.contains("?") { return text }
      section.report.refuse(
        place, section.fullPath(key), "\"\(text)\" matches no path",
        "write the beginning of a path, without wildcards: /v1/models")
      return nil
    }
  }

  /// Header names in lower case.
  static func headers(_ section: Section, _ key: String) -> [String]? {
    section.strings(key)?.compactMap { text, place in
      let isToken = !text.isEmpty && text.utf8.allSatisfy(isTokenByte)
      if isToken { return text.lowercased() }
      section.report.refuse(
        place, section.fullPath(key), "\"\(text)\" is not a header name",
        "write the name alone, such as origin")
      return nil
    }
  }

  private static func isTokenByte(_ byte: UInt8) -> Bool {
    // RFC 9110 section 5.6.2.
    byte > 0x20 && byte < 0x7f && !"\"(),/:;<=>?@[\\]{}".utf8.contains(byte)
  }

  /// Whether a pattern of `*`, `?`, `[a-z]` and `\` can match anything: the rules of Go's path.Match.
  static func isPattern(_ text: String) -> Bool {
    var rest = Substring(text)
    while let character = rest.popFirst() {
      if character == "\\", rest.popFirst() == nil { return false }
      if character == "[", !skipClass(&rest) { return false }
    }
    return true
  }

  /// Consumes what follows `[` up to and including `]`.
  private static func skipClass(_ rest: inout Substring) -> Bool {
    if rest.first == "^" { rest.removeFirst() }
    var ranges = 0
    while let character = rest.popFirst() {
      if character == "]", ranges > 0 { return true }
      guard isClassMember(character, &rest) else { return false }
      if rest.first == "-" {
        rest.removeFirst()
        guard let upper = rest.popFirst(), isClassMember(upper, &rest) else { return false }
      }
      ranges += 1
    }
    return false
  }

  private static func isClassMember(_ character: Character, _ rest: inout Substring) -> Bool {
    if character == "\\" { return rest.popFirst() != nil }
    return character != "-" && character != "]"
  }
}
