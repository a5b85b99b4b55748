/// The rules for single texts of a policy. A function returns what is wrong with one, as a clause, or `nil`.
enum PolicyText {
  static func pattern(_ text: String) -> String? {
    if text.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 }) {
      return "must not contain control characters"
    }
    return GlobPattern(text) == nil ? "is a malformed pattern; escape [ and \\ with \\" : nil
  }

  static func endpoint(_ text: String) -> String? {
    guard text.hasPrefix("/"), text.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else {
      return "must be a path that begins with / and has no spaces"
    }
    if text.contains(where: { "?#\\".contains($0) }) { return "must be a path without query" }
    if text.dropLast().contains("*") { return "may have a * at its end only" }
    let segments = text.split(separator: "/")
    return segments.contains("..") || segments.contains(".") ? "must not contain . and .. segments" : nil
  }

  private static let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

  static func method(_ text: String) -> String? {
    methods.contains(text) ? nil : "must be one of \(methods.joined(separator: ", "))"
  }

  static func origin(_ text: String) -> String? {
    let wanted = "must be an origin in lower case, such as https://app.example.org, without a path"
    guard let separator = text.firstRange(of: "://"), text.utf8.allSatisfy({ $0 > 32 && $0 < 127 }),
      text == text.lowercased()
    else { return wanted }
    let (scheme, host) = (text[..<separator.lowerBound], text[separator.upperBound...])
    let isScheme = !scheme.isEmpty && scheme.allSatisfy { $0.isLetter || $0.isNumber || "+.-".contains($0) }
    return isScheme && !host.isEmpty && !host.contains(where: { "/?#@*\\".contains($0) }) ? nil : wanted
  }

  static func addresses(_ text: String) -> String? {
    AddressRange(text) == nil
      ? "must be an IP address or a range such as 10.0.0.0/8 with no bits set behind its prefix" : nil
  }

  static func headerValue(_ text: String) -> String? {
    let isPlain =
      text.utf8.allSatisfy { $0 >= 32 && $0 < 127 } && !text.hasPrefix(" ") && !text.hasSuffix(" ")
    return isPlain && (1...PolicyBounds.textBytes).contains(text.utf8.count)
      ? nil : "must have 1 to \(PolicyBounds.textBytes) visible ASCII characters"
  }

  static func isHeaderKey(_ text: String) -> Bool {
    (1...PolicyBounds.nameBytes).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }

  static func isParameterName(_ text: String) -> Bool {
    (1...PolicyBounds.nameBytes).contains(text.utf8.count)
      && text.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 127 }
  }
}
