/// Settings of stages and adapters without what may be a secret: plugins name their settings as they like.
enum SettingRedaction {
  private static let dots = JSONValue.string("••••")
  private static let secretWords = [
    "key", "secret", "password", "passwd", "token", "credential", "authorization", "private", "cookie",
  ]
  /// Words in which such a word means something else.
  private static let harmlessWords = ["tokens", "keys_from", "key_by", "keyed_by"]

  /// The settings as a document; text that is no JSON is shown as dots.
  static func shown(_ json: String) -> JSONValue {
    guard !json.isEmpty else { return .object([]) }
    guard let document = PipelineDocument.document(json) else { return dots }
    return shown(document)
  }

  private static func shown(_ value: JSONValue) -> JSONValue {
    switch value {
    case .object(let members):
      return .object(
        members.map { member in
          let hides = isSecret(member.name) && isText(member.value)
          return .init(name: member.name, value: hides ? dots : shown(member.value))
        })
    case .array(let elements): return .array(elements.map(shown))
    case .string(let text): return .string(withoutUser(Redaction.scrubbed(text)))
    case .null, .bool, .number: return value
    }
  }

  private static func isSecret(_ name: String) -> Bool {
    let name = name.lowercased()
    return secretWords.contains(where: name.contains) && !harmlessWords.contains(where: name.contains)
  }

  /// Numbers and switches are no secrets, whatever they are called; a list or block may hold some.
  private static func isText(_ value: JSONValue) -> Bool {
    switch value {
    case .string, .array, .object: true
    case .null, .bool, .number: false
    }
  }

  /// A URL without the name and password in it.
  private static func withoutUser(_ text: String) -> String {
    guard let mark = text.firstRange(of: "://") else { return text }
    let rest = text[mark.upperBound...]
    let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    guard let at = authority.lastIndex(of: "@") else { return text }
    return text[..<mark.upperBound] + "••••" + rest[at...]
  }
}
