import Testing

@testable import ProxyManagement

@Suite struct JSONReaderTests {
  private func read(_ text: String) throws -> JSONValue { try JSONReader.firstValue(of: Array(text.utf8)) }

  @Test func readsEveryKindOfValueAndKeepsTheOrderOfMembers() throws {
    let text = #" { "b" : [ 1 , -0.5e+3 , true , false , null ] , "a" : { } , "s" : "x\"\\\/\b\f\n\r\té😀" } "#
    #expect(
      try read(text) == [
        "b": [.number("1"), .number("-0.5e+3"), .bool(true), .bool(false), .null],
        "a": .object([]), "s": "x\"\\/\u{8}\u{c}\n\r\té😀",
      ])
  }

  @Test func readsSurrogatePairsAndRefusesHalves() throws {
    #expect(try read(#""\ud83d\ude00""#) == "😀")
    for half in [#""\ud83d""#, #""\ude00""#, #""\ud83dx""#, #""\ud83d\u0041""#] {
      #expect(throws: JSONReader.Failure.self) { try read(half) }
    }
  }

  @Test func leavesWhatFollowsTheFirstValueUnread() throws {
    #expect(try read(#"{"a":1} trailing { "#) == ["a": .number("1")])
    #expect(try read("null{") == .null)
  }

  @Test(arguments: [
    "", " ", "{", "[", "\"", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "[1,]", "[,1]", "{1:2}", "tru", "nul",
    "01x", "-",
    "1.", "1.e3", ".5", "1e", "+1", "'a'", "\"\\x\"", "\"\\u12g4\"", "\"a\nb\"", "{\"a\":1 \"b\":2}",
    "\u{feff}{}", "NaN",
  ])
  func refusesWhatIsNotJSON(_ text: String) {
    // `01x`: the value 0 is read, the rest is not looked at; it is here to say so.
    if text == "01x" {
      #expect((try? read(text)) == .number("0"))
    } else {
      #expect(throws: JSONReader.Failure.self) { try read(text) }
    }
  }

  @Test func refusesInvalidUTF8InStrings() {
    for bad in [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0x80], [0xf5, 0x80, 0x80, 0x80]] as [[UInt8]] {
      #expect(throws: JSONReader.Failure.invalidText(offset: 1)) {
        try JSONReader.firstValue(of: [0x22] + bad + [0x22])
      }
    }
  }

  @Test func boundsTheDepth() throws {
    let deep = { (count: Int) in String(repeating: "[", count: count) + String(repeating: "]", count: count) }
    #expect(throws: Never.self) { try read(deep(JSONReader.maximumDepth)) }
    #expect(throws: JSONReader.Failure.tooDeep) { try read(deep(JSONReader.maximumDepth + 1)) }
    #expect(throws: JSONReader.Failure.tooDeep) { try read(String(repeating: "{\"a\":", count: 100_000)) }
  }

  @Test func everyPrefixOfADocumentIsRefusedOrReadWithoutACrash() {
    let text = Array(#"{"a":[1,2.5e-3,{"b":"\ud83d\ude00 é"}],"c":null,"d":true}"#.utf8)
    for end in 0..<text.count {
      #expect(throws: JSONReader.Failure.self) { try JSONReader.firstValue(of: Array(text[..<end])) }
    }
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<20_000 {
      var mutated = text
      mutated[Int.random(in: 0..<text.count, using: &generator)] = UInt8.random(
        in: 0...255, using: &generator)
      _ = try? JSONReader.firstValue(of: mutated)
    }
  }
}
