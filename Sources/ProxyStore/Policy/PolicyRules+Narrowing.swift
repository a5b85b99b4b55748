internal import ProxyCore

extension PolicyRules {
  /// The first member of these rules that allows something the `outer` ones do not, or `nil`. What these rules
  /// do not mention they inherit.
  ///
  /// Patterns are compared by what can be told of them (`GlobPattern.covers`); in doubt they are wider.
  public func memberWider(than outer: PolicyRules) -> String? {
    if Self.isWider(models, outer.models, Self.coversPattern) { return "models" }
    if Self.isWider(endpoints, outer.endpoints, Self.coversEndpoint) { return "endpoints" }
    if Self.isWider(methods, outer.methods, ==) { return "methods" }
    if Self.isWider(origins, outer.origins, ==) { return "origins" }
    if Self.isWider(addresses, outer.addresses, Self.coversAddresses) { return "ip_allow" }
    for rule in outer.parameters {
      guard let own = parameters.first(where: { $0.name == rule.name }) else { continue }
      if own.isWider(than: rule) { return "parameters.\(rule.name)" }
    }
    if Self.isWider(requestsPerMinute, outer.requestsPerMinute) { return "requests_per_minute" }
    if Self.isWider(tokensPerMinute, outer.tokensPerMinute) { return "tokens_per_minute" }
    if Self.isWider(concurrency, outer.concurrency) { return "concurrency" }
    return nil
  }

  /// What is left when `inner` has to hold too. For show: enforcement asks each policy by itself. Of two lists
  /// of patterns it keeps those entries of either that the other covers.
  public func narrowed(by inner: PolicyRules) -> PolicyRules {
    var rules = self
    rules.models = Self.common(models, inner.models, Self.coversPattern)
    rules.endpoints = Self.common(endpoints, inner.endpoints, Self.coversEndpoint)
    rules.methods = Self.common(methods, inner.methods, ==)
    rules.origins = Self.common(origins, inner.origins, ==)
    rules.addresses = Self.common(addresses, inner.addresses, Self.coversAddresses)
    rules.requestsPerMinute = Self.least(requestsPerMinute, inner.requestsPerMinute)
    rules.tokensPerMinute = Self.least(tokensPerMinute, inner.tokensPerMinute)
    rules.concurrency = Self.least(concurrency, inner.concurrency)
    for rule in inner.parameters {
      if let at = rules.parameters.firstIndex(where: { $0.name == rule.name }) {
        rules.parameters[at] = rules.parameters[at].narrowed(by: rule)
      } else {
        rules.parameters.append(rule)
      }
    }
    for header in inner.headers where !rules.headers.contains(where: { $0.key == header.key }) {
      rules.headers.append(header)
    }
    return rules
  }

  fileprivate static func isWider(
    _ inner: [String]?, _ outer: [String]?, _ covers: (String, String) -> Bool
  ) -> Bool {
    guard let inner, let outer else { return false }
    return !inner.allSatisfy { entry in outer.contains { covers($0, entry) } }
  }

  private static func isWider(_ inner: Int64?, _ outer: Int64?) -> Bool {
    guard let inner, let outer else { return false }
    return inner > outer
  }

  fileprivate static func common(
    _ outer: [String]?, _ inner: [String]?, _ covers: (String, String) -> Bool
  ) -> [String]? {
    guard let outer, let inner else { return outer ?? inner }
    let kept = inner.filter { entry in outer.contains { covers($0, entry) } }
    return kept + outer.filter { entry in !kept.contains(entry) && inner.contains { covers($0, entry) } }
  }

  private static func least(_ one: Int64?, _ other: Int64?) -> Int64? {
    guard let one, let other else { return one ?? other }
    return min(one, other)
  }

  fileprivate static func coversPattern(_ outer: String, _ inner: String) -> Bool {
    guard let outer = GlobPattern(outer), let inner = GlobPattern(inner) else { return false }
    return outer.covers(inner)
  }

  private static func coversEndpoint(_ outer: String, _ inner: String) -> Bool {
    if outer == inner { return true }
    if outer.hasSuffix("*") { return inner.hasPrefix(outer.dropLast()) }
    return inner.hasPrefix(outer.hasSuffix("/") ? outer : outer + "/")
  }

  private static func coversAddresses(_ outer: String, _ inner: String) -> Bool {
    guard let outer = AddressRange(outer), let inner = AddressRange(inner) else { return false }
    return outer.covers(inner)
  }
}

extension PolicyRules.ParameterRule {
  fileprivate func isWider(than outer: Self) -> Bool {
    if outer.strips || outer.force != nil { return !strips && force != nil && force != outer.force }
    if strips { return false }
    if let force { return !outer.allows(force) }
    if PolicyRules.isWider(allow, outer.allow, PolicyRules.coversPattern) { return true }
    if let low = minimum.flatMap({ Double($0) }), let bound = outer.minimum.flatMap({ Double($0) }),
      low < bound
    {
      return true
    }
    if let high = maximum.flatMap({ Double($0) }), let bound = outer.maximum.flatMap({ Double($0) }),
      high > bound
    {
      return true
    }
    return false
  }

  /// The outer rule's edit wins, as it does for requests.
  fileprivate func narrowed(by inner: Self) -> Self {
    if strips || force != nil { return self }
    if inner.strips || inner.force != nil { return inner }
    var rule = self
    rule.allow = PolicyRules.common(allow, inner.allow, PolicyRules.coversPattern)
    rule.minimum = [minimum, inner.minimum].compactMap { $0 }.max { (Double($0) ?? 0) < (Double($1) ?? 0) }
    rule.maximum = [maximum, inner.maximum].compactMap { $0 }.min { (Double($0) ?? 0) < (Double($1) ?? 0) }
    return rule
  }

  private func allows(_ value: JSONValue) -> Bool {
    if let allow {
      let text = if case .string(let text) = value { text } else { value.plainText }
      guard allow.contains(where: { GlobPattern($0)?.matches(text) == true }) else { return false }
    }
    guard minimum != nil || maximum != nil else { return true }
    guard case .number(let digits) = value, let number = Double(digits) else { return false }
    return number >= minimum.flatMap { Double($0) } ?? -.infinity
      && number <= maximum.flatMap { Double($0) } ?? .infinity
  }
}
