import Testing

@testable import ProxyPluginHost

@Suite
struct JSONSchemaTests {
  private func problems(_ schema: String, _ value: String) throws -> [String] {
    try JSONSchema.read(schema).violations(of: JSONReader.read(value), path: "config").map(\.problem)
  }

  @Test(
    "accepts what is valid",
    arguments: [
      ("", "{}"), (#"{"type":"object"}"#, #"{"x":1}"#), (#"{"type":["string","null"]}"#, "null"),
      (#"{"type":"number"}"#, "3"), (#"{"type":"integer"}"#, "3.0"), (#"{"enum":[1,"a"]}"#, "1.0"),
      (#"{"const":{"a":1,"b":2}}"#, #"{"b":2,"a":1}"#), (#"{"minimum":1,"maximum":1}"#, "1"),
      (#"{"maxLength":2}"#, "\"é漢\""), (#"{"pattern":"^a+$"}"#, "\"aaa\""), (#"{"minimum":5}"#, "\"text\""),
      (#"{"items":{"type":"string"},"uniqueItems":true}"#, #"["a","b"]"#), ("true", "7"),
      (#"{"properties":{"a":{}},"additionalProperties":{"type":"string"}}"#, #"{"a":1,"b":"x"}"#),
      (#"{"title":"t","default":1,"description":"d","$schema":"s","examples":[],"format":"uri"}"#, "1"),
      (#"{"multipleOf":0.5}"#, "2.5"),
    ])
  func accepts(_ schema: String, _ value: String) throws {
    #expect(try problems(schema, value) == [])
  }

  @Test(
    "says where, what was seen and what is expected",
    arguments: [
      (#"{"type":"object"}"#, "[]", "config is [], expected an object"),
      (#"{"type":["string","null"]}"#, "1", "config is 1, expected a string or null"),
      (
        #"{"properties":{"a":{"type":"boolean"}}}"#, #"{"a":"yes"}"#,
        #"config.a is "yes", expected a boolean"#
      ),
      (#"{"required":["key"]}"#, "{}", #"config has no "key""#),
      (#"{"items":{"minimum":2}}"#, "[3,1]", "config[1] is 1, expected at least 2"),
      (#"{"exclusiveMaximum":10}"#, "10", "config is 10, expected less than 10"),
      (#"{"exclusiveMinimum":1.5}"#, "1.5", "config is 1.5, expected more than 1.5"),
      (#"{"maximum":1}"#, "2", "config is 2, expected at most 1"),
      (#"{"multipleOf":5}"#, "7", "config is 7, expected a multiple of 5"),
      (
        #"{"enum":["token","project"]}"#, "\"tokn\"",
        #"config is "tokn", expected one of "token", "project", did you mean "token"?"#
      ),
      (#"{"const":1}"#, "2", "config is 2, expected 1"),
      (#"{"minLength":3}"#, "\"ab\"", #"config is "ab" with 2 characters, expected at least 3"#),
      (#"{"maxItems":1}"#, "[1,2]", "config has 2 items, expected at most 1"),
      (#"{"uniqueItems":true}"#, "[1,1]", "config[1] repeats 1"),
      (#"{"minProperties":1}"#, "{}", "config has 0 properties, expected at least 1"),
      (#"{"pattern":"^a+$"}"#, "\"b\"", #"config is "b", expected a text that matches "^a+$""#),
      (#"{"additionalProperties":{"type":"string"}}"#, #"{"b":1}"#, "config.b is 1, expected a string"),
      (#"{"properties":{"a":false}}"#, #"{"a":1}"#, "config.a is not allowed here"),
      (
        #"{"properties":{"limit":{}},"additionalProperties":false}"#, #"{"limt":1}"#,
        #"config has an unknown property "limt", did you mean "limit"?"#
      ),
    ])
  func refuses(_ schema: String, _ value: String, _ problem: String) throws {
    #expect(try problems(schema, value) == [problem])
  }

  @Test(
    "a schema this host cannot check is refused, not checked by halves",
    arguments: [
      ("{", "is not JSON"), (##"{"$ref":"#/x"}"##, "\"/$ref\" is not a keyword this host checks"),
      (#"{"properties":{"a":{"type":"int"}}}"#, "\"/properties/a/type\" is \"int\""),
      (#"{"type":7}"#, "must be an array"), (#"{"required":"a"}"#, "must be an array"),
      (#"{"minimum":"1"}"#, "must be a number"), (#"{"multipleOf":0}"#, "must be a positive number"),
      (#"{"minLength":-1}"#, "must be a whole number from 0"),
      (#"{"uniqueItems":1}"#, "must be true or false"),
      (#"{"pattern":"("}"#, "is not a regular expression"), (#"{"properties":[]}"#, "must be an object"),
      (#"{"items":3}"#, "expected an object or a boolean"),
      (#"{"properties":{"a":{}},"required":["b"]}"#, "names \"b\", which is not under properties"),
    ])
  func badSchema(_ schema: String, _ words: String) throws {
    let error = try #require(throws: JSONSchema.Failure.self) { _ = try JSONSchema.read(schema) }
    #expect(error.problem.contains(words), "\(error.problem)")
  }
}
