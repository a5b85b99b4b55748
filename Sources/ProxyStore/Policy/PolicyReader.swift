internal import ProxyCore

/// Reads policies strictly: what is misspelt, of the wrong kind or out of bounds is refused by its name.
struct PolicyReader {
  private struct Members {
    let path: String
    let all: [JSONValue.Member]

    init(_ value: JSONValue, _ path: String) throws(PolicyFault) {
      guard case .object(let members) = value else {
        throw PolicyFault(path, "must be an object, not \(value.kind)")
      }
      var seen: Set<String> = []
      for member in members where !seen.insert(member.name).inserted {
        throw PolicyFault("\(path).\(Self.shown(member.name))", "is given twice")
      }
      self.path = path
      // A member that is null is not given: forms send every field.
      all = members.filter { $0.value != .null }
    }

    func refuseOthers(than known: Set<String>) throws(PolicyFault) {
      for member in all where !known.contains(member.name) {
        throw PolicyFault(
          "\(path).\(Self.shown(member.name))", "is not a member of a policy", isUnknownMember: true)
      }
    }

    subscript(name: String) -> JSONValue? { all.first { $0.name == name }?.value }

    static func shown(_ name: String) -> String {
      String(
        String.UnicodeScalarView(name.unicodeScalars.prefix(64).filter { $0.value >= 32 && $0.value != 127 }))
    }
  }

  /// The rules of a policy document; `path` is what refusals call it.
  static func rules(_ document: JSONValue, _ path: String = "policy") throws(PolicyFault) -> PolicyRules {
    let members = try Members(document, path)
    try members.refuseOthers(than: [
      "models", "endpoints", "methods", "parameters", "origins", "requests_per_minute", "tokens_per_minute",
      "concurrency", "ip_allow", "headers",
    ])
    var rules = PolicyRules()
    rules.models = try list("models", members, PolicyText.pattern)
    rules.endpoints = try list("endpoints", members, PolicyText.endpoint)
    rules.methods = try list("methods", members, PolicyText.method)
    rules.origins = try list("origins", members, PolicyText.origin)
    rules.addresses = try list("ip_allow", members, PolicyText.addresses)
    rules.requestsPerMinute = try count("requests_per_minute", members, upTo: PolicyBounds.requests)
    rules.tokensPerMinute = try count("tokens_per_minute", members, upTo: PolicyBounds.tokens)
    rules.concurrency = try count("concurrency", members, upTo: PolicyBounds.concurrency)
    if let value = members["parameters"] { rules.parameters = try parameters(value, "\(path).parameters") }
    if let value = members["headers"] { rules.headers = try headers(value, "\(path).headers") }
    guard rules.text.utf8.count <= PolicyBounds.bytes else {
      throw PolicyFault(path, "must not be longer than \(PolicyBounds.bytes) bytes")
    }
    return rules
  }

  /// Required headers, as in a policy's `headers` and in `metadata`.
  static func headers(_ value: JSONValue, _ path: String) throws(PolicyFault) -> [PolicyRules.RequiredHeader]
  {
    let members = try Members(value, path)
    guard members.all.count <= PolicyBounds.headers else {
      throw PolicyFault(path, "must not have more than \(PolicyBounds.headers) members")
    }
    var keys: Set<String> = []
    var headers: [PolicyRules.RequiredHeader] = []
    for member in members.all {
      let place = "\(path).\(Members.shown(member.name))"
      guard PolicyText.isHeaderKey(member.name) else {
        throw PolicyFault(place, "must be named with 1 to \(PolicyBounds.nameBytes) letters, digits, _ and -")
      }
      guard case .string(let text) = member.value else {
        throw PolicyFault(place, "must be a text, not \(member.value.kind)")
      }
      if let reason = PolicyText.headerValue(text) { throw PolicyFault(place, reason) }
      let header = PolicyRules.RequiredHeader(name: member.name, value: text)
      guard keys.insert(header.key).inserted else {
        throw PolicyFault(place, "names the same header as another member")
      }
      headers.append(header)
    }
    return headers
  }

  /// A list of texts; `fault` says what is wrong with one, or nothing.
  private static func list(
    _ name: String, _ members: Members, _ fault: (String) -> String?
  ) throws(PolicyFault) -> [String]? {
    guard let value = members[name] else { return nil }
    return try list(value, "\(members.path).\(name)", fault)
  }

  private static func list(
    _ value: JSONValue, _ path: String, _ fault: (String) -> String?
  ) throws(PolicyFault) -> [String] {
    guard case .array(let elements) = value else {
      throw PolicyFault(path, "must be a list, not \(value.kind)")
    }
    guard !elements.isEmpty else {
      throw PolicyFault(path, "must not be empty; leave it out to allow everything")
    }
    guard elements.count <= PolicyBounds.entries else {
      throw PolicyFault(path, "must not have more than \(PolicyBounds.entries) entries")
    }
    var texts: [String] = []
    for (index, element) in elements.enumerated() {
      guard case .string(let text) = element else {
        throw PolicyFault("\(path)[\(index)]", "must be a text, not \(element.kind)")
      }
      guard !text.isEmpty, text.utf8.count <= PolicyBounds.textBytes else {
        throw PolicyFault("\(path)[\(index)]", "must have 1 to \(PolicyBounds.textBytes) bytes")
      }
      if let reason = fault(text) { throw PolicyFault("\(path)[\(index)]", reason) }
      if !texts.contains(text) { texts.append(text) }
    }
    return texts
  }

  private static func count(
    _ name: String, _ members: Members, upTo most: Int64
  ) throws(PolicyFault) -> Int64? {
    guard let value = members[name] else { return nil }
    guard case .number(let text) = value, let number = Int64(text), (1...most).contains(number) else {
      throw PolicyFault("\(members.path).\(name)", "must be a whole number from 1 to \(most)")
    }
    return number
  }
}

// MARK: - Parameters

extension PolicyReader {
  private static func parameters(
    _ value: JSONValue, _ path: String
  ) throws(PolicyFault) -> [PolicyRules.ParameterRule] {
    let members = try Members(value, path)
    guard members.all.count <= PolicyBounds.parameters else {
      throw PolicyFault(path, "must not have more than \(PolicyBounds.parameters) members")
    }
    var rules: [PolicyRules.ParameterRule] = []
    for member in members.all {
      let place = "\(path).\(Members.shown(member.name))"
      guard PolicyText.isParameterName(member.name) else {
        throw PolicyFault(place, "must be named with 1 to \(PolicyBounds.nameBytes) bytes of text")
      }
      rules.append(try parameter(member, place))
    }
    return rules
  }

  private static func parameter(
    _ member: JSONValue.Member, _ path: String
  ) throws(PolicyFault) -> PolicyRules.ParameterRule {
    let members = try Members(member.value, path)
    try members.refuseOthers(than: ["allow", "min", "max", "force", "strip"])
    var rule = PolicyRules.ParameterRule(name: member.name)
    rule.allow = try list("allow", members, PolicyText.pattern)
    rule.minimum = try bound("min", members)
    rule.maximum = try bound("max", members)
    rule.force = members["force"]
    if let value = members["strip"] {
      guard case .bool(let strips) = value else {
        throw PolicyFault("\(path).strip", "must be true or false, not \(value.kind)")
      }
      rule.strips = strips
    }
    if let low = rule.minimum.flatMap({ Double($0) }), let high = rule.maximum.flatMap({ Double($0) }),
      low > high
    {
      throw PolicyFault("\(path).min", "must not be greater than max")
    }
    if let force = rule.force, force.plainText.utf8.count > PolicyBounds.forcedBytes {
      throw PolicyFault("\(path).force", "must not be longer than \(PolicyBounds.forcedBytes) bytes")
    }
    let isChecked = rule.allow != nil || rule.minimum != nil || rule.maximum != nil
    let ways = [isChecked, rule.force != nil, rule.strips].filter { $0 }.count
    guard ways == 1 else {
      throw PolicyFault(path, "must have either allow, min and max, or force, or strip: true")
    }
    return rule
  }

  private static func bound(_ name: String, _ members: Members) throws(PolicyFault) -> String? {
    guard let value = members[name] else { return nil }
    guard case .number(let text) = value, text.utf8.count <= 32, Double(text)?.isFinite == true else {
      throw PolicyFault("\(members.path).\(name)", "must be a number")
    }
    return text
  }
}
