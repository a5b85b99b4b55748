internal import LLMProxyPluginKit

/// Lets browsers in: answers preflights, enforces each API's `allowed_origins` and
/// `required_headers`, and puts the CORS headers on whatever answer comes.
final class CORS: Middleware, RequestHeadersHook {
  static let name = "cors"
  static let summary = "CORS preflights and headers, allowed origins, required headers"
  static let services = ["llmp.apis/1"]
  static let configSchema = CORSSettings.schema

  private let settings: CORSSettings
  private let apis: APIsService
  /// One for each configured API, in the host's order.
  private let rules: [OriginRules]
  private let otherRules: OriginRules

  init(config: PluginConfig, host: Host) throws(PluginFailure) {
    settings = try CORSSettings(config)
    apis = try host.apis()
    var rules: [OriginRules] = []
    for index in 0..<apis.count {
      let (name, api) = try apis.api(at: index)
      rules.append(try OriginRules(api: name, settings: api, otherwise: settings.allowedOrigins))
    }
    self.rules = rules
    otherRules = OriginRules(allowed: settings.allowedOrigins)
  }

  static func validate(_ config: PluginConfig) throws(PluginFailure) {
    _ = try CORSSettings(config)
  }

  func requestHeaders(_ request: Request) throws -> Verdict {
    let rules = rules(for: request)
    guard let origin = request.header("origin"), !origin.isEmpty else {
      if request.attribute(.method) == "OPTIONS" { return try request.respond(204) }
      if rules.requiresOrigin {
        return try request.respondError(400, code: "origin_required", message: "Origin header required")
      }
      return try missingHeader(rules, request)
    }
    if request.attribute(.method) == "OPTIONS" { return try preflight(request, origin, rules) }

    // Also on refusals, or the page could not read why it was refused.
    try request.setHeader("access-control-allow-origin", origin, in: .response)
    try request.setHeader("access-control-expose-headers", CORSSettings.exposedHeaders, in: .response)
    try request.addHeader("vary", "Origin", in: .response)
    if rules.isRestricted {
      // Two Origin lines: what we judged need not be what the provider would read.
      guard rules.allows(origin), request.header("origin", nth: 1) == nil else {
        return try request.respondError(403, code: "origin_not_allowed", message: "Origin not allowed")
      }
    }
    return try missingHeader(rules, request)
  }

  /// A preflight is always 204; whether the browser may go on is said by its headers.
  private func preflight(
    _ request: Request, _ origin: Slice, _ rules: OriginRules
  ) throws(PluginFailure) -> Verdict {
    if rules.isRestricted {
      try request.addHeader("vary", "Origin", in: .response)
      if !rules.allows(origin) { return try request.respond(204) }
    }
    try request.setHeader("access-control-allow-origin", "*", in: .response)
    try request.setHeader("access-control-allow-methods", settings.allowedMethods, in: .response)
    try request.setHeader("access-control-expose-headers", CORSSettings.exposedHeaders, in: .response)
    try request.setHeader("access-control-max-age", settings.maxAge, in: .response)
    if let fixed = settings.allowedHeaders {
      try request.setHeader("access-control-allow-headers", fixed, in: .response)
    } else if let asked = request.header("access-control-request-headers"), !asked.isEmpty {
      try request.setHeader("access-control-allow-headers", asked, in: .response)
    } else {
      try request.setHeader(
        "access-control-allow-headers", CORSSettings.defaultHeaders, in: .response)
    }
    return try request.respond(204)
  }

  private func missingHeader(
    _ rules: OriginRules, _ request: Request
  ) throws(PluginFailure) -> Verdict {
    for required in rules.requiredHeaders {
      if let value = request.header(required.name), !value.isEmpty { continue }
      return try request.respondError(400, code: "header_required", message: required.message)
    }
    return .detach
  }

  private func rules(for request: Request) -> OriginRules {
    guard let index = apis.selected(for: request), rules.indices.contains(index) else {
      return otherRules
    }
    return rules[index]
  }
}
