/// The part of JSON Schema 2020-12 that `config_schema` may use, read once when an image is loaded.
///
/// Annotations are accepted and ignored. Any other keyword is refused by name rather than ignored: a schema
/// that is checked by halves promises what nobody keeps.
final class JSONSchema: Sendable {
  /// Why a text is not a schema this host can check.
  struct Failure: Error, Equatable { var problem: String }

  let types: [String]
  let properties: [(name: String, schema: JSONSchema)]
  let required: [String]
  /// `nil`: anything goes.
  let additionalProperties: JSONSchema?
  let items: JSONSchema?
  let allowedValues: [JSONValue]?
  let constant: JSONValue?
  let minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf: Double?
  let minLength, maxLength, minItems, maxItems, minProperties, maxProperties: Int?
  let uniqueItems: Bool
  let pattern: String?
  /// The schema `false`: nothing is valid.
  let refusesEverything: Bool

  static let annotations: Set<String> = [
    "$schema", "$id", "$comment", "title", "description", "default", "examples", "deprecated", "readOnly",
    "writeOnly", "format",
  ]
  static let assertions: Set<String> = [
    "type", "properties", "required", "additionalProperties", "items", "enum", "const", "minimum", "maximum",
    "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern", "minItems",
    "maxItems", "uniqueItems", "minProperties", "maxProperties",
  ]
  static let typeNames: Set<String> = [
    "null", "boolean", "integer", "number", "string", "array", "object",
  ]

  /// Reads a schema text; an empty text means any object.
  static func read(_ text: String) throws(Failure) -> JSONSchema {
    let value: JSONValue
    do {
      value = try JSONReader.read(text.isEmpty ? #"{"type":"object"}"# : text)
    } catch {
      throw Failure(problem: "is not JSON: \(error)")
    }
    return try JSONSchema(value, path: "")
  }

  private init(_ value: JSONValue, path: String) throws(Failure) {
    let keywords = try SchemaKeywords(value, path: path)
    refusesEverything = value == .bool(false)
    types = try keywords.types()
    required = try keywords.strings("required")
    var properties: [(name: String, schema: JSONSchema)] = []
    for member in try keywords.members("properties") {
      let schema = try JSONSchema(member.value, path: "\(path)/properties/\(member.name)")
      properties.append((member.name, schema))
    }
    self.properties = properties
    additionalProperties = try Self.optional(keywords, "additionalProperties")
    items = try Self.optional(keywords, "items")
    allowedValues = try keywords.array("enum")
    constant = keywords["const"]
    minimum = try keywords.number("minimum")
    maximum = try keywords.number("maximum")
    exclusiveMinimum = try keywords.number("exclusiveMinimum")
    exclusiveMaximum = try keywords.number("exclusiveMaximum")
    multipleOf = try keywords.number("multipleOf")
    minLength = try keywords.count("minLength")
    maxLength = try keywords.count("maxLength")
    minItems = try keywords.count("minItems")
    maxItems = try keywords.count("maxItems")
    minProperties = try keywords.count("minProperties")
    maxProperties = try keywords.count("maxProperties")
    uniqueItems = try keywords.flag("uniqueItems")
    pattern = try keywords.pattern()
    for name in required where !properties.isEmpty && !properties.contains(where: { $0.name == name }) {
      throw keywords.failure("required", "names \"\(name)\", which is not under properties")
    }
  }

  private static func optional(_ keywords: SchemaKeywords, _ name: String) throws(Failure) -> JSONSchema? {
    guard let value = keywords[name] else { return nil }
    return try JSONSchema(value, path: "\(keywords.path)/\(name)")
  }
}
