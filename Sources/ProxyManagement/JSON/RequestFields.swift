import ProxyStore

/// The members of a request's JSON body, read as the Go program's decoder reads them into a struct: names
/// match whatever their case, `null` is the same as absent, the media type does not matter, text after the
/// value is ignored.
///
/// Stricter than that decoder in two things that could be read in two ways: a name given twice and text that
/// is not valid UTF-8 are refused.
struct RequestFields: Sendable {
  /// Bodies longer than this are refused with status 413.
  static let limitBytes = 1 << 20

  private let members: [JSONValue.Member]

  /// Reads a body. Throws `ManagementFault` (400 or 413) when it is not a JSON object or `null`.
  init(_ body: [UInt8]) throws(ManagementFault) {
    guard body.count <= Self.limitBytes else { throw .bodyTooLarge(Self.limitBytes) }
    let document: JSONValue
    do {
      document = try JSONReader.firstValue(of: body)
    } catch {
      throw .invalidBody(Self.explanation(of: error, isEmpty: body.isEmpty))
    }
    switch document {
    case .null: members = []
    case .object(let all):
      var seen: Set<String> = []
      for member in all where !seen.insert(member.name.lowercased()).inserted {
        throw .invalidBody("field \(Self.quoted(member.name)) is given twice")
      }
      members = all
    default: throw .invalidBody("it must be a JSON object, not \(document.kind)")
    }
  }

  private static func explanation(of failure: JSONReader.Failure, isEmpty: Bool) -> String {
    switch failure {
    case .malformed where isEmpty: "it is empty"
    case .malformed(let offset): "not valid JSON at byte \(offset)"
    case .tooDeep: "nested deeper than \(JSONReader.maximumDepth) levels"
    case .invalidText(let offset): "text at byte \(offset) is not valid UTF-8"
    }
  }

  /// A field's name as a refusal shows it: cut, and without what may be a secret.
  private static func quoted(_ name: String) -> String {
    JSONValue.string(Redaction.scrubbed(String(name.prefix(64)))).text
  }
}

// MARK: - Reading

extension RequestFields {
  /// True when `name` is given, even as `null`.
  func contains(_ name: String) -> Bool {
    members.contains { $0.name.lowercased() == name }
  }

  /// Throws, naming it, when a field other than `known` is given.
  func refuseOthers(than known: String...) throws(ManagementFault) {
    for member in members where !known.contains(member.name.lowercased()) {
      throw ManagementFault(
        400, "unknown_field", "unknown field \(Self.quoted(member.name))",
        param: Redaction.scrubbed(String(member.name.prefix(64))))
    }
  }

  /// A whole document: `.null` when given as `null`, `nil` when absent.
  func document(_ name: String) -> JSONValue? {
    members.first { $0.name.lowercased() == name }?.value
  }

  /// A text, or `nil` when absent.
  func string(_ name: String) throws(ManagementFault) -> String? {
    guard let value = value(name) else { return nil }
    guard case .string(let text) = value else { throw wrongKind(name, "a string", value) }
    return text
  }

  /// A truth value, or `nil` when absent.
  func bool(_ name: String) throws(ManagementFault) -> Bool? {
    guard let value = value(name) else { return nil }
    guard case .bool(let flag) = value else { throw wrongKind(name, "a boolean", value) }
    return flag
  }

  /// A whole number written without fraction and exponent, or `nil` when absent.
  func integer(_ name: String) throws(ManagementFault) -> Int64? {
    guard let value = value(name) else { return nil }
    guard case .number(let text) = value else { throw wrongKind(name, "a whole number", value) }
    guard let number = Int64(text) else {
      throw .invalidBody("field \(Self.quoted(name)) must be a whole number of at most 64 bits")
    }
    return number
  }

  /// A span of time in seconds, written as a whole number or as a text such as `"30m"`; `nil` when absent.
  func seconds(_ name: String) throws(ManagementFault) -> Int64? {
    guard case .string(let text) = value(name) else { return try integer(name) }
    guard let seconds = DurationText.seconds(text) else {
      throw .invalid("\(name) must be a number of seconds or a duration such as \"30m\"", param: name)
    }
    return seconds
  }

  /// What a field asks for: `null` empties it, absence keeps it.
  func change<Value>(
    _ name: String, _ read: (String) throws(ManagementFault) -> Value?
  ) throws(ManagementFault) -> FieldChange<Value> {
    if let value = try read(name) { return .set(value) }
    return contains(name) ? .clear : .keep
  }

  /// The value of a field; `nil` when it is absent or `null`.
  func value(_ name: String) -> JSONValue? {
    guard let value = members.first(where: { $0.name.lowercased() == name })?.value, value != .null else {
      return nil
    }
    return value
  }

  /// The refusal of a value that is of another kind than `wanted`.
  func wrongKind(_ name: String, _ wanted: String, _ value: JSONValue) -> ManagementFault {
    .invalidBody("field \(Self.quoted(name)) must be \(wanted), not \(value.kind)")
  }
}
