/// Typed access to the keywords of one schema object, with messages that say where.
struct SchemaKeywords {
  let path: String
  private let all: [JSONValue.Member]

  /// Refuses keywords that this host neither checks nor may ignore.
  init(_ value: JSONValue, path: String) throws(JSONSchema.Failure) {
    self.path = path
    switch value {
    case .bool: all = []
    case .object(let members): all = members
    default:
      throw JSONSchema.Failure(problem: "at \"\(path)\" is \(value), expected an object or a boolean")
    }
    for member in all
    where !JSONSchema.annotations.contains(member.name) && !JSONSchema.assertions.contains(member.name) {
      let hint = NearestName.hint(member.name, among: JSONSchema.assertions.sorted())
      throw failure(member.name, "is not a keyword this host checks\(hint)")
    }
  }

  subscript(_ name: String) -> JSONValue? { all.first { $0.name == name }?.value }

  func failure(_ name: String, _ problem: String) -> JSONSchema.Failure {
    JSONSchema.Failure(problem: "keyword \"\(path)/\(name)\" \(problem)")
  }

  func types() throws(JSONSchema.Failure) -> [String] {
    var names: [String] = []
    switch self["type"] {
    case nil: break
    case .string(let name): names = [name]
    default: names = try strings("type")
    }
    for name in names where !JSONSchema.typeNames.contains(name) {
      throw failure("type", "is \"\(name)\"\(NearestName.hint(name, among: JSONSchema.typeNames.sorted()))")
    }
    return names
  }

  func strings(_ name: String) throws(JSONSchema.Failure) -> [String] {
    var strings: [String] = []
    for item in try array(name) ?? [] {
      guard case .string(let text) = item else { throw failure(name, "must hold strings") }
      strings.append(text)
    }
    return strings
  }

  func array(_ name: String) throws(JSONSchema.Failure) -> [JSONValue]? {
    guard let value = self[name] else { return nil }
    guard case .array(let items) = value else { throw failure(name, "must be an array") }
    return items
  }

  func members(_ name: String) throws(JSONSchema.Failure) -> [JSONValue.Member] {
    guard let value = self[name] else { return [] }
    guard case .object(let members) = value else { throw failure(name, "must be an object") }
    return members
  }

  func number(_ name: String) throws(JSONSchema.Failure) -> Double? {
    guard let value = self[name] else { return nil }
    guard let number = value.asDouble, name != "multipleOf" || number > 0 else {
      throw failure(name, "must be a\(name == "multipleOf" ? " positive" : "") number")
    }
    return number
  }

  func count(_ name: String) throws(JSONSchema.Failure) -> Int? {
    guard let value = self[name] else { return nil }
    guard let count = value.asCount else { throw failure(name, "must be a whole number from 0") }
    return count
  }

  func flag(_ name: String) throws(JSONSchema.Failure) -> Bool {
    guard let value = self[name] else { return false }
    guard case .bool(let flag) = value else { throw failure(name, "must be true or false") }
    return flag
  }

  func pattern() throws(JSONSchema.Failure) -> String? {
    guard let value = self["pattern"] else { return nil }
    guard case .string(let text) = value else { throw failure("pattern", "must be a string") }
    do {
      _ = try Regex(text)
    } catch {
      throw failure("pattern", "is not a regular expression this host can read: \"\(text)\"")
    }
    return text
  }
}
