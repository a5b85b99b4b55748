import LLMProxyPluginKit
import Testing

@Suite struct SettingsTests {
  private func config(_ text: String) throws(PluginFailure) -> PluginConfig {
    var text = text
    let result = text.withUTF8 { bytes in
      Result { () throws(PluginFailure) in try PluginConfig(parsing: UnsafeRawBufferPointer(bytes)) }
    }
    return try result.get()
  }

  @Test func jsonIsReadAsItIsWritten() throws {
    #expect(
      try JSONValue(parsing: #" {"a":[1,-2.5e1,true,false,null,"x\n\u00fc\ud83d\ude00\/"],"b":{}} "#)
        == .object([
          "a": .array([.integer(1), .number(-25), .bool(true), .bool(false), .null, .string("x\nü😀/")]),
          "b": .object([:]),
        ]))
    #expect(try JSONValue(parsing: "9223372036854775807") == .integer(.max))
    #expect(try JSONValue(parsing: "9223372036854775808") == .number(9_223_372_036_854_775_808))
    #expect(try JSONValue(parsing: "-0") == .integer(0))
  }

  @Test(arguments: [
    "", " ", "{", "}", "[1,]", "[,1]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{\"a\":1,\"a\":2}",
    "01",
    "-", "+1", ".5", "1.", "1e", "1e999", "tru", "nul", "\"", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"",
    "\"\\udc00\"", "\"\\ud800\\u0041\"", "\"a\nb\"", "1 2", "[1}", "\u{FEFF}1", "NaN", "'a'", "// x\n1",
  ])
  func whatIsNotJSONIsRefused(_ text: String) {
    #expect(throws: PluginFailure.self) { try JSONValue(parsing: text) }
  }

  @Test func textThatIsNotUTF8IsRefused() {
    #expect(throws: PluginFailure.self) {
      try ([0x22, 0xFF, 0x22] as [UInt8]).withUnsafeBytes { bytes in
        _ = try JSONValue(parsing: bytes)
      }
    }
  }

  @Test func nestingHasALimit() throws {
    let deep = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
    _ = try JSONValue(parsing: deep)
    #expect(throws: PluginFailure.self) { try JSONValue(parsing: "[\(deep)]") }
    #expect(throws: PluginFailure.self) {
      try JSONValue(parsing: String(repeating: "[", count: 1_000_000))
    }
  }

  @Test func settingsHaveDefaults() throws {
    for text in ["", "{}", #"{"s":null,"i":"","b":"","l":""}"#] {
      let config = try config(text)
      #expect(try config.string("s", default: "x") == "x")
      #expect(try config.integer("i", default: 7, in: 0...9) == 7)
      #expect(try config.bool("b", default: true))
      #expect(try config.strings("l") == [])
    }
  }

  @Test func settingsMayComeAsText() throws {
    let config = try config(#"{"i":"5","b":"false","l":" a, b ,,c","m":["a, b"],"s":8}"#)
    #expect(try config.integer("i", default: 7, in: 0...9) == 5)
    #expect(try !config.bool("b", default: true))
    #expect(try config.strings("l") == ["a", "b", "c"])
    #expect(try config.strings("m") == ["a, b"])
    #expect(try config.string("s") == "8")
  }

  @Test func aWrongValueIsRefusedByName() throws {
    let config = try config(#"{"i":12,"b":"yes","l":{},"s":[],"m":[1]}"#)
    #expect(throws: PluginFailure.configuration("i", "must be a whole number from 0 to 9")) {
      try config.integer("i", default: 7, in: 0...9)
    }
    #expect(throws: PluginFailure.configuration("b", "must be true or false")) {
      try config.bool("b", default: true)
    }
    #expect(throws: PluginFailure.configuration("l", "must be a list of texts, not an object")) {
      try config.strings("l")
    }
    #expect(throws: PluginFailure.configuration("m", "must be a list of texts, not of a whole number")) {
      try config.strings("m")
    }
    #expect(throws: PluginFailure.configuration("s", "must be text, not a list")) { try config.string("s") }
    #expect(throws: PluginFailure.configuration("b", "unknown setting; known are i, l, m, s")) {
      try config.allowOnly(["s", "m", "l", "i"])
    }
  }
}
