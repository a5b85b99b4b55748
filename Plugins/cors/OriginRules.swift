internal import LLMProxyPluginKit

/// Who may call one API from a browser, and which headers a request to it must carry.
struct OriginRules: Sendable {
  struct RequiredHeader: Sendable {
    let name: String
    let message: String
  }

  /// Empty: every origin.
  private let allowedOrigins: [String]
  /// A request without `Origin` is refused.
  let requiresOrigin: Bool
  /// The other headers a request must carry.
  let requiredHeaders: [RequiredHeader]

  init(allowed: [String], required: [String] = []) {
    allowedOrigins = allowed
    requiresOrigin = required.contains { $0.lowercased() == "origin" }
    requiredHeaders = required.filter { $0.lowercased() != "origin" }.map {
      RequiredHeader(name: $0.lowercased(), message: "\($0) header required")
    }
  }

  /// The rules in an API's block of the configuration; `otherwise` when it lists no origins.
  init(api name: String, settings: JSONValue, otherwise: [String]) throws(PluginFailure) {
    let allowed = try Self.list("allowed_origins", of: name, settings)
    let required = try Self.list("required_headers", of: name, settings)
    for header in required where !Self.isHeaderName(header) {
      throw .configuration("apis.\(name).required_headers", "\"\(header)\" is not the name of a header")
    }
    self.init(allowed: allowed.isEmpty ? otherwise : allowed, required: required)
  }

  /// Some origins are refused.
  var isRestricted: Bool { !allowedOrigins.isEmpty }

  /// Exact comparison, byte for byte: no wildcards, no case folding, no default ports.
  func allows(_ origin: Slice) -> Bool {
    for allowed in allowedOrigins where origin.equals(allowed) { return true }
    return allowedOrigins.isEmpty
  }

  private static func list(
    _ key: String, of api: String, _ settings: JSONValue
  ) throws(PluginFailure) -> [String] {
    do {
      return try settings[key]?.strings() ?? []
    } catch {
      throw .configuration("apis.\(api).\(key)", error.message)
    }
  }

  private static func isHeaderName(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"):
          true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
      }
  }
}
