public import ProxyCore

extension PolicyRules {
  /// Reads a policy as clients write it.
  ///
  /// - Parameters:
  ///   - document: a JSON object.
  ///   - name: what refusals call it.
  /// - Throws: `PolicyFault`, naming the member at fault.
  public init(_ document: JSONValue, as name: String = "policy") throws(PolicyFault) {
    self = try PolicyReader.rules(document, name)
  }

  /// Rules that only require headers, from the members of `metadata`.
  ///
  /// - Throws: `PolicyFault`, naming the member at fault.
  public init(metadata document: JSONValue, as name: String = "metadata") throws(PolicyFault) {
    self.init()
    headers = try PolicyReader.headers(document, name)
  }

  /// The policy as clients see it: only members that say something, in a fixed order.
  public var document: JSONValue {
    var members: [JSONValue.Member] = []
    func add(_ name: String, _ value: JSONValue?) {
      if let value { members.append(.init(name: name, value: value)) }
    }
    func list(_ texts: [String]?) -> JSONValue? { texts.map { .array($0.map { .string($0) }) } }
    add("models", list(models))
    add("endpoints", list(endpoints))
    add("methods", list(methods))
    if !parameters.isEmpty {
      add("parameters", .object(parameters.map { .init(name: $0.name, value: $0.document) }))
    }
    add("origins", list(origins))
    add("requests_per_minute", requestsPerMinute.map { .integer($0) })
    add("tokens_per_minute", tokensPerMinute.map { .integer($0) })
    add("concurrency", concurrency.map { .integer($0) })
    add("ip_allow", list(addresses))
    if !headers.isEmpty { add("headers", metadata) }
    return .object(members)
  }

  /// The required headers as an object.
  public var metadata: JSONValue {
    .object(headers.map { .init(name: $0.name, value: .string($0.value)) })
  }

  /// As stored: equal policies are equal texts.
  var text: String { document.plainText }

  /// Names of the members in which two policies differ; `nil` stands for none at all.
  public static func differences(_ old: PolicyRules?, _ new: PolicyRules?) -> [String] {
    guard case .object(let before) = (old ?? PolicyRules()).document,
      case .object(let after) = (new ?? PolicyRules()).document
    else { return [] }
    let values = Dictionary(before.map { ($0.name, $0.value) }) { first, _ in first }
    let changed = after.filter { values[$0.name] != $0.value }.map(\.name)
    return changed + before.map(\.name).filter { name in !after.contains { $0.name == name } }
  }
}

extension PolicyRules.ParameterRule {
  fileprivate var document: JSONValue {
    var members: [JSONValue.Member] = []
    if let allow { members.append(.init(name: "allow", value: .array(allow.map { .string($0) }))) }
    if let minimum { members.append(.init(name: "min", value: .number(minimum))) }
    if let maximum { members.append(.init(name: "max", value: .number(maximum))) }
    if let force { members.append(.init(name: "force", value: force)) }
    if strips { members.append(.init(name: "strip", value: .bool(true))) }
    return .object(members)
  }
}
