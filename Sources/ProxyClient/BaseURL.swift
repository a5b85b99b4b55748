/// Where a server is: `http://localhost:8080`, or `https://proxy.example.org/base`.
public struct BaseURL: Sendable, Equatable, CustomStringConvertible {
  /// The URL without a slash at its end.
  public let description: String
  /// Scheme, host and port, as messages name the server.
  public let origin: String
  /// Host name or address, without brackets.
  public let host: String

  /// Reads an absolute `http` or `https` URL; `nil` for anything else, and for one with a user name, a query or
  /// a fragment.
  public init?(_ text: String) {
    guard let mark = text.firstRange(of: "://") else { return nil }
    let scheme = text[..<mark.lowerBound].lowercased()
    let rest = text[mark.upperBound...]
    guard scheme == "http" || scheme == "https",
      rest.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }),
      !rest.contains(where: { "@?#\\".contains($0) })
    else { return nil }
    let authority = rest.prefix { $0 != "/" }
    guard let host = Self.host(of: authority) else { return nil }
    var path = rest.dropFirst(authority.count)
    while path.hasSuffix("/") { path.removeLast() }
    self.host = host
    origin = "\(scheme)://\(authority)"
    description = origin + path
  }

  /// True when the server is on this machine.
  public var isLocal: Bool {
    host == "localhost" || host == "::1" || host.hasPrefix("127.")
  }

  private static func host(of authority: Substring) -> String? {
    var name = authority
    var port: Substring?
    if authority.hasPrefix("[") {
      guard let close = authority.firstIndex(of: "]") else { return nil }
      name = authority[authority.index(after: authority.startIndex)..<close]
      let after = authority[authority.index(after: close)...]
      guard after.isEmpty || after.hasPrefix(":") else { return nil }
      port = after.isEmpty ? nil : after.dropFirst()
    } else if let colon = authority.firstIndex(of: ":") {
      name = authority[..<colon]
      port = authority[authority.index(after: colon)...]
    }
    guard !name.isEmpty else { return nil }
    if let port {
      guard port.allSatisfy({ $0.isASCII && $0.isWholeNumber }), let number = Int(port),
        (1...65_535).contains(number)
      else { return nil }
    }
    return String(name)
  }
}

extension BaseURL {
  /// `text` as one segment of a path, or a value of a query: everything but letters, digits and `-._~` is
  /// percent-encoded.
  public static func encoded(_ text: String) -> String {
    var result = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        result += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
      }
    }
    return result
  }
}
