/// A TCP address to accept connections on: `:8080`, `127.0.0.1:8080`, `[::1]:8080` or `localhost:8080`.
public struct ListenAddress: Sendable, Equatable, CustomStringConvertible {
  /// Host name or IP address, IPv6 without brackets; empty means every address of the machine.
  public var host: String
  /// TCP port, 0...65535; 0 lets the system choose.
  public var port: Int

  /// Makes an address from its parts; they are taken as they are.
  public init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// The text form, brackets around IPv6.
  public var description: String {
    host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}

extension ListenAddress {
  /// Reads `:8080`, `host:8080`, `192.0.2.1:8080` or `[::1]:8080`.
  init(parsing text: String) throws(SettingProblem) {
    let example = "write host and port, or the port alone with a colon: :8080"
    guard text.contains(":") else { throw SettingProblem("has no port", example) }
    let address = try ListenAddress(authority: text, defaultPort: -1)
    guard address.port >= 0 else { throw SettingProblem("has no port", example) }
    self = address
  }

  /// Reads `host`, `host:port`, `[ipv6]` or `[ipv6]:port`; the host may be empty.
  init(authority text: String, defaultPort: Int) throws(SettingProblem) {
    var host = text
    var portText: Substring?
    if text.hasPrefix("[") {
      guard let close = text.firstIndex(of: "]") else {
        throw SettingProblem("has no closing bracket", "write IPv6 addresses as [::1]")
      }
      host = String(text[text.index(after: text.startIndex)..<close])
      let rest = text[text.index(after: close)...]
      guard rest.isEmpty || rest.hasPrefix(":") else {
        throw SettingProblem("has text after the bracket", "write IPv6 addresses as [::1]:8080")
      }
      portText = rest.isEmpty ? nil : rest.dropFirst()
      guard host.contains(":"), host.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) else {
        throw SettingProblem("has brackets around something that is no IPv6 address", "write [::1]:8080")
      }
    } else if let colon = text.firstIndex(of: ":") {
      host = String(text[..<colon])
      portText = text[text.index(after: colon)...]
      guard portText?.contains(":") != true else {
        throw SettingProblem("has more than one colon", "write IPv6 addresses in brackets: [::1]:8080")
      }
    }
    guard host.contains(":") || host.utf8.allSatisfy(Self.isHostByte) else {
      throw SettingProblem(
        "has a host with a character that is not allowed", "write a host name or an IP address")
    }
    guard let portText else {
      self.init(host: host, port: defaultPort)
      return
    }
    guard portText.allSatisfy({ $0.isASCII && $0.isWholeNumber }), let port = Int(portText), port <= 65_535
    else {
      throw SettingProblem("has no valid port", "write a port from 0 to 65535")
    }
    self.init(host: host, port: port)
  }

  private static func isHostByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
