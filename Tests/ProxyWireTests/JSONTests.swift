import ProxyWire
import Testing
import WireFuzz

@Suite struct JSONTests {
  private func validity(_ text: String) -> JSONError? {
    withBytes(text) { bytes in
      do throws(JSONError) {
        try JSONText.validate(bytes)
        return nil
      } catch {
        return error
      }
    }
  }

  @Test func `there are a few hundred cases on either side`() {
    #expect(JSONCases.accepted.count > 130)
    #expect(JSONCases.refused.count > 250)
  }

  @Test(arguments: JSONCases.accepted)
  func `what RFC 8259 allows is accepted`(text: String) {
    #expect(validity(text) == nil)
    #expect(validity("[" + text + "]") == nil)
    #expect(validity("{\"k\":" + text + ",\"l\":" + text + "}") == nil)
    #expect(ReferenceJSON.accepts(Array(text.utf8)))
  }

  @Test(arguments: JSONCases.refused)
  func `what RFC 8259 does not allow is refused`(text: String) {
    #expect(validity(text) != nil)
    #expect(!ReferenceJSON.accepts(Array(text.utf8)))
    if case .malformed(let offset) = validity(text) { #expect((0...text.utf8.count).contains(offset)) }
  }

  @Test(arguments: JSONCases.accepted)
  func `every cut of an object is refused, and not read past its end`(text: String) {
    let bytes = Array(("{\"k\":" + text + "}").utf8)
    for count in 0..<bytes.count {
      _ = Array(bytes[..<count]).withUnsafeBytes { piece in
        #expect(throws: JSONError.self) { try JSONText.validate(piece) }
      }
    }
  }

  @Test func `arrays and objects nest to the limit and no deeper`() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
      let fill = open == "[" ? "" : "1"
      for depth in [1, 63, 64, 65, 127, 128] {
        let text = String(repeating: open, count: depth) + fill + String(repeating: close, count: depth)
        #expect(validity(text) == nil, "\(depth)")
      }
      let text = String(repeating: open, count: 129) + fill + String(repeating: close, count: 129)
      #expect(validity(text) == .tooDeep(offset: 128 * open.utf8.count))
      var members = JSONMembers()
      #expect(throws: JSONError.self) { try withBytes(text) { try members.index($0) } }
    }
    let mixed = String(repeating: "[{\"a\":", count: 64) + "1" + String(repeating: "}]", count: 64)
    #expect(validity(mixed) == nil)
    #expect(validity(mixed.replacing("}]}]", with: "]}}]")) != nil)
  }

  @Test func `an index lists members in order, duplicates included`() throws {
    let document = " { \"model\" : \"gpt\" , \"n\":-1.5e3,\"a\\u0062\":[1, {\"x\":2}] ,\"model\":null } "
    try withBytes(document) { bytes in
      var index = JSONMembers()
      try index.index(bytes)
      let keys = index.members.map { String(decoding: bytes[$0.key], as: UTF8.self) }
      #expect(keys == ["model", "n", "a\\u0062", "model"])
      let values = index.members.map { String(decoding: bytes[$0.value], as: UTF8.self) }
      #expect(values == ["\"gpt\"", "-1.5e3", "[1, {\"x\":2}]", "null"])
      #expect(index.members.map(\.keyHasEscapes) == [false, false, true, false])
      withBytes("model") { name in
        #expect(index.count(named: name, in: bytes) == 2)
        #expect(text(bytes, index.value(named: name, nth: 1, in: bytes)) == "null")
        #expect(index.value(named: name, nth: 2, in: bytes) == nil)
      }
      #expect(index.value(named: "ab", in: bytes) == index.members[2].value)
      #expect(index.value(named: "a\\u0062", in: bytes) == nil)
    }
  }

  @Test func `what parsers disagree about is found: the last of several keys, and keys that differ in case`()
    throws
  {
    let document =
      "{\"n\":1,\"Model\":\"a\",\"model\":\"b\",\"\\u006dODE\\u006c\":\"c\",\"models\":\"d\",\"n\":2}"
    try withBytes(document) { bytes in
      var index = JSONMembers()
      try index.index(bytes)
      #expect(text(bytes, index.last(named: "n", in: bytes)) == "2")
      #expect(text(bytes, index.last(named: "model", in: bytes)) == "\"b\"")
      #expect(index.last(named: "mode", in: bytes) == nil)
      #expect(index.count(resembling: "model", in: bytes) == 3)
      #expect(index.count(resembling: "n", in: bytes) == 2)
      #expect(index.count(resembling: "mode", in: bytes) == 0)
    }
  }

  @Test(
    arguments: [
      (#"{"max_tokens":1,"n":2}"#, nil), (#"{"max_token":1,"max_tokens_":2,"":3}"#, nil),
      (#"{"n":1,"MAX_tokens":1}"#, "MAX_tokens"),
      (#"{"max_tokens":1,"m\u0041x_tokens":2}"#, #"m\u0041x_tokens"#),
      ("{\"max_to\u{212a}en\u{17f}\":1}", "max_to\u{212a}en\u{17f}"),
      (#"{"max_to\u212aens":1}"#, #"max_to\u212aens"#),
      (#"{"max_tokens\u0000":1}"#, #"max_tokens\u0000"#),
      (#"{"max_tokens\u0000x":1}"#, #"max_tokens\u0000x"#),
      (#"{"m\u0061x_tokens":1}"#, nil), ("{\"max_to\u{e2}kens\":1,\"\u{17e}\":2}", nil),
    ] as [(String, String?)])
  func `a key is a lookalike when only case or a NUL tells it from a name`(text: String, expected: String?)
    throws
  {
    try withBytes(text) { bytes in
      var index = JSONMembers()
      try index.index(bytes)
      let found = withBytes("max_tokens") { index.lookalike(of: $0, in: bytes) }
      #expect(found.map { String(decoding: bytes[$0.key], as: UTF8.self) } == expected)
    }
  }

  @Test func `a failed index is empty, and another text can be indexed after it`() throws {
    var index = JSONMembers()
    try withBytes("{\"a\":1}") { try index.index($0) }
    _ = withBytes("{\"a\":1,\"b\":}") { bytes in
      #expect(throws: JSONError.malformed(offset: 11)) { try index.index(bytes) }
    }
    #expect(index.members.isEmpty)
    try withBytes("{}") { try index.index($0) }
    #expect(index.members.isEmpty)
  }

  @Test(arguments: ["[]", "1", "\"{}\"", "null", " [1] "])
  func `a text that is no object is named as such`(text: String) {
    var index = JSONMembers()
    #expect(throws: JSONError.notAnObject) { try withBytes(text) { try index.index($0) } }
  }

  @Test func `what is neither object nor JSON is malformed`() {
    var index = JSONMembers()
    #expect(throws: JSONError.malformed(offset: 3)) { try withBytes("[1,]") { try index.index($0) } }
  }

  @Test(arguments: [
    ("true", true), ("false", false), ("1", false), ("\"true\"", false), ("true ", false), ("tru", false),
    ("", false),
  ])
  func `true is known by its text`(text: String, expected: Bool) {
    withBytes(text) { #expect(JSONText.isTrue($0) == expected) }
  }

  @Test(
    arguments: [
      ("0", 0), ("-0", 0), ("12", 12), ("-12", -12), ("9223372036854775807", .max),
      ("-9223372036854775808", .min),
      ("9223372036854775808", nil), ("-9223372036854775809", nil), ("99999999999999999999", nil),
      ("1.0", nil), ("1e3", nil),
      ("01", nil), ("", nil), ("-", nil), ("+1", nil), ("1a", nil), ("\"1\"", nil),
    ] as [(String, Int64?)])
  func `integers are read exactly or not at all`(text: String, expected: Int64?) {
    withBytes(text) { #expect(JSONText.integer($0) == expected) }
  }
}
