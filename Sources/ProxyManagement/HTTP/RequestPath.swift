/// The value of a hexadecimal digit, or `nil` for any other byte.
func hexValue(_ byte: UInt8) -> UInt8? {
  switch byte {
  case 48...57: byte - 48
  case 65...70: byte - 55
  case 97...102: byte - 87
  default: nil
  }
}

/// Percent-encoding by RFC 3986, for path components and query values.
enum Percent {
  /// Decodes `%XX`; `nil` when an escape is cut short or the result is not UTF-8.
  static func decoded(_ text: Substring, plusIsSpace: Bool = false) -> String? {
    var out: [UInt8] = []
    out.reserveCapacity(text.utf8.count)
    var rest = text.utf8.makeIterator()
    while let byte = rest.next() {
      if byte == UInt8(ascii: "%") {
        guard let high = rest.next().flatMap(hexValue), let low = rest.next().flatMap(hexValue) else {
          return nil
        }
        out.append(high << 4 | low)
      } else {
        out.append(plusIsSpace && byte == UInt8(ascii: "+") ? 0x20 : byte)
      }
    }
    return String(validating: out, as: UTF8.self)
  }

  /// Encodes all but letters, digits and `-._~`.
  static func encoded(_ text: String) -> String {
    var out: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case 48...57, 65...90, 97...122, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        out.append(byte)
      default:
        out.append(UInt8(ascii: "%"))
        out.append(contentsOf: [byte >> 4, byte & 15].map { $0 < 10 ? 48 + $0 : 55 + $0 })
      }
    }
    return String(decoding: out, as: UTF8.self)
  }
}

/// Cleans request paths as Go's `ServeMux` does: no empty, `.` or `..` segments; a slash at the end stays.
enum CanonicalPath {
  /// The path to send the client to, or `nil` when `path` is already canonical. Escaped dots count as dots.
  static func redirection(of path: String) -> String? {
    var segments: [Substring] = []
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    for part in parts {
      switch part.utf8.count <= 6 ? Percent.decoded(part) : nil {
      case "", ".": break
      case "..": segments.removeLast(min(1, segments.count))
      default: segments.append(part)
      }
    }
    var cleaned = "/" + segments.joined(separator: "/")
    // As in Go, only a slash that was sent stays: `/a/..` becomes `/`, `/a/.` becomes `/a`.
    if !segments.isEmpty, path.hasSuffix("/") { cleaned += "/" }
    // Browsers take a backslash for a slash: `/\\host` would lead away from here.
    return cleaned == path ? nil : cleaned.replacing("\\", with: "%5C")
  }
}
