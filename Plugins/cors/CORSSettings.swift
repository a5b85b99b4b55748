internal import LLMProxyPluginKit

/// The settings of the stage; each may come from a `CORS_…` variable of the environment.
struct CORSSettings: Sendable {
  static let exposedHeaders: StaticString =
    "X-Request-ID, X-Proxy-ID, X-LLM-Proxy-Remote-Duration, X-LLM-Proxy-Remote-Duration-Ms"
  static let defaultHeaders: StaticString = "Authorization, Content-Type, X-Requested-With"
  static let defaultMethods = "GET, POST, PUT, PATCH, DELETE, OPTIONS"

  static let schema = """
    {"type":"object","additionalProperties":false,"properties":{
    "allowed_origins":{"type":["array","string"],"items":{"type":"string"}},
    "allowed_methods":{"type":["array","string"],"items":{"type":"string"}},
    "allowed_headers":{"type":["array","string"],"items":{"type":"string"}},
    "max_age":{"type":["integer","string"]}}}
    """

  /// For APIs that list none of their own; empty: every origin.
  let allowedOrigins: [String]
  let allowedMethods: String
  /// Nil: what the browser asks for.
  let allowedHeaders: String?
  /// Seconds, as text.
  let maxAge: String

  init(_ config: PluginConfig) throws(PluginFailure) {
    try config.allowOnly(["allowed_origins", "allowed_methods", "allowed_headers", "max_age"])
    let origins = try config.strings("allowed_origins")
    allowedOrigins = origins.contains("*") ? [] : origins
    let methods = try config.strings("allowed_methods")
    allowedMethods = methods.isEmpty ? Self.defaultMethods : methods.joined(separator: ", ")
    let headers = try config.strings("allowed_headers")
    allowedHeaders = headers.isEmpty ? nil : headers.joined(separator: ", ")
    maxAge = "\(try Self.seconds(config.string("max_age", default: "86400")))"
    for text in origins + methods + headers where text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
      throw PluginFailure.configuration("cors", "a setting contains a control character")
    }
  }

  /// `86400`, `24h`, `30m`, `90s`.
  private static func seconds(_ text: String) throws(PluginFailure) -> Int {
    let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
    let unit = text.last.flatMap { units[$0] }
    let digits = unit == nil ? text[...] : text.dropLast()
    if let number = Int(digits), number >= 0, number <= 31_536_000 {
      let (seconds, overflow) = number.multipliedReportingOverflow(by: unit ?? 1)
      if !overflow, seconds <= 31_536_000 { return seconds }
    }
    throw .configuration("max_age", "\"\(text)\" is not a time up to a year, such as 86400 or 24h")
  }
}
