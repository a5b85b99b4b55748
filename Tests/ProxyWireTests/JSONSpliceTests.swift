import ProxyWire
import Testing

@Suite struct JSONSpliceTests {
  @Test(
    arguments: [
      ("/a", "2", "{\"a\":1}", "{\"a\":2}"), ("/a", "[]", " { \"a\" : 1 } ", " { \"a\" : [] } "),
      ("/b", "2", "{\"a\":1}", "{\"a\":1,\"b\":2}"), ("/b", "2", "{ }", "{\"b\":2 }"),
      ("/b", "2", "{\"a\":1 \n}", "{\"a\":1,\"b\":2 \n}"), ("/a/x", "0", "{\"a\":{}}", "{\"a\":{\"x\":0}}"),
      ("/a~1\"", "0", "{}", "{\"a/\\\"\":0}"), ("/a/0", "9", "{\"a\":[1,2]}", "{\"a\":[9,2]}"),
      ("", "null", " 1 ", " null "), ("/a", "2", "{\"a\":0,\"a\":1}", "{\"a\":0,\"a\":2}"),
      ("/a", "", "{\"a\":1}", "{}"), ("/a", "", "{\"a\":1,\"b\":2}", "{\"b\":2}"),
      ("/b", "", "{\"a\":1 , \"b\" : [\"x\"] }", "{\"a\":1  }"),
      ("/b", "", "{\"a\":1,\"b\":2,\"c\":3}", "{\"a\":1,\"c\":3}"),
      ("/b\"", "", "{\"b\\\"\":1,\"c\":2}", "{\"c\":2}"), ("/\\", "", "{\"\\\\\":1,\"c\":2}", "{\"c\":2}"),
      ("/c", "", "{\"a\":1}", nil), ("/a/b", "2", "{\"a\":1}", nil), ("/x/y", "2", "{\"a\":1}", nil),
      ("/a/5", "2", "{\"a\":[1]}", nil), ("/0", "", "[1]", nil), ("a", "2", "{\"a\":1}", nil),
      ("", "", "1", nil),
      ("/a", "2", "{\"a\":", nil), ("/a", "2", "", nil), ("/a", "2", "[]", nil), ("/a~2", "2", "{}", nil),
    ] as [(String, String, String, String?)])
  func `an edit changes nothing but the value it names`(
    pointer: String, value: String, document: String, expected: String?
  ) {
    let edited = withBytes(document) { document in
      withBytes(value) { value in withBytes(pointer) { JSONSplice.set($0, to: value, in: document) } }
    }
    #expect(edited.map { String(decoding: $0, as: UTF8.self) } == expected)
  }
}
