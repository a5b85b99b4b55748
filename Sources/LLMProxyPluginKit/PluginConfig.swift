internal import CLLMProxyPlugin

/// The settings of one stage.
///
/// The readers take a value as it is or as text, because values that come from the environment
/// (`"${NAME}"`) are text. A setting that is absent, null or empty text has the default.
public struct PluginConfig: Sendable {
  /// The stage's name in the configuration; empty while a configuration is only checked.
  public let instance: String
  /// Which configuration is being built.
  public let generation: UInt64
  /// All of it.
  public let json: JSONValue

  /// The settings in a JSON text, which must be an object; an empty text is an empty object.
  public init(
    parsing text: UnsafeRawBufferPointer, instance: String = "", generation: UInt64 = 0
  ) throws(PluginFailure) {
    let value = text.isEmpty ? JSONValue.object([:]) : try JSONValue(parsing: text)
    guard case .object = value else {
      throw PluginFailure("settings must be an object, not \(value.kind)", code: LLMP_E_INVALID)
    }
    json = value
    self.instance = instance
    self.generation = generation
  }

  /// Refuses settings that the stage does not know, so that a misspelt one is never ignored.
  public func allowOnly(_ known: [String]) throws(PluginFailure) {
    guard case .object(let members) = json else { return }
    for key in members.keys.sorted() where !known.contains(key) {
      throw .configuration(key, "unknown setting; known are \(known.sorted().joined(separator: ", "))")
    }
  }

  /// Text.
  public func string(_ key: String, default fallback: String = "") throws(PluginFailure) -> String {
    switch present(key) {
    case nil: return fallback
    case .string(let text): return text
    case .integer(let number): return "\(number)"
    case .some(let other): throw .configuration(key, "must be text, not \(other.kind)")
    }
  }

  /// A list of texts, or one text with commas.
  public func strings(_ key: String) throws(PluginFailure) -> [String] {
    guard let value = present(key) else { return [] }
    do {
      return try value.strings()
    } catch {
      throw .configuration(key, error.message)
    }
  }

  /// A whole number within a range.
  public func integer(
    _ key: String, default fallback: Int, in range: ClosedRange<Int>
  ) throws(PluginFailure) -> Int {
    let number: Int?
    switch present(key) {
    case nil: return fallback
    case .integer(let value): number = Int(exactly: value)
    case .string(let text): number = Int(text)
    default: number = nil
    }
    guard let number, range.contains(number) else {
      throw .configuration(key, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// True or false.
  public func bool(_ key: String, default fallback: Bool) throws(PluginFailure) -> Bool {
    switch present(key) {
    case nil: return fallback
    case .bool(let value): return value
    case .string("true"), .string("1"): return true
    case .string("false"), .string("0"): return false
    default: throw .configuration(key, "must be true or false")
    }
  }

  private func present(_ key: String) -> JSONValue? {
    let value = json[key]
    return value == .string("") ? nil : value
  }
}

extension JSONValue {
  /// A list of texts, or one text with commas between them; white space around each is dropped.
  public func strings() throws(PluginFailure) -> [String] {
    switch self {
    case .string(let text):
      return text.split(separator: ",").map(Self.trimmed).filter { !$0.isEmpty }
    case .array(let elements):
      var texts: [String] = []
      for element in elements {
        guard case .string(let text) = element else {
          throw PluginFailure("must be a list of texts, not of \(element.kind)", code: LLMP_E_INVALID)
        }
        texts.append(text)
      }
      return texts
    default:
      throw PluginFailure("must be a list of texts, not \(kind)", code: LLMP_E_INVALID)
    }
  }

  private static func trimmed(_ text: Substring) -> String {
    var text = text
    while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    return String(text)
  }
}
