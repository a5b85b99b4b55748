import Testing

@testable import ProxyPluginHost

@Suite
struct JSONReaderTests {
  @Test(
    "reads every kind of value",
    arguments: [
      ("null", JSONValue.null), (" true ", .bool(true)), ("-0", .integer(0)), ("12", .integer(12)),
      ("1e2", .number(100)), ("9223372036854775808", .number(9_223_372_036_854_775_808)),
      (#""a\n\u00e9\ud83d\ude00\/""#, .string("a\né😀/")), ("[]", .array([])), ("{ }", .object([])),
      ("[1, [2]]", .array([.integer(1), .array([.integer(2)])])),
      (#"{"a" : {"b":null}}"#, .object([.init(name: "a", value: .object([.init(name: "b", value: .null)]))])),
    ])
  func reads(_ text: String, _ value: JSONValue) throws {
    #expect(try JSONReader.read(text) == value)
  }

  @Test(
    "refuses what is not strict JSON",
    arguments: [
      "", " ", "{", "[1,]", "[1 2]", #"{"a"}"#, #"{"a":1,}"#, #"{"a":1,"a":2}"#, "01", "1.", "1e", "-", "+1",
      "nul", "truex", "'a'", "\"", "\"\u{1}\"", #""\x""#, #""\ud800""#, #""\ud800\u0041""#, #""\u12""#, "1 2",
      "NaN", "1e999", String(repeating: "[", count: 65) + String(repeating: "]", count: 65),
    ])
  func refuses(_ text: String) {
    #expect(throws: JSONReader.Failure.self) { _ = try JSONReader.read(text) }
  }

  @Test("says where")
  func says() throws {
    let error = try #require(throws: JSONReader.Failure.self) { _ = try JSONReader.read(#"{"a":1,"a":2}"#) }
    #expect(error.description == "member \"a\" repeats at byte 7")
  }
}
