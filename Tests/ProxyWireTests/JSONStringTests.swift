import ProxyWire
import Testing
import WireFuzz

@Suite struct JSONStringTests {
  @Test(arguments: [
    ("\"\"", ""), ("\"abc\"", "abc"), ("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\u{8}\u{c}\n\r\t"),
    ("\"\\u0041\\u00e9\"", "A\u{e9}"),
    ("\"\\u20ac\"", "\u{20ac}"), ("\"\\ud83d\\ude00!\"", "\u{1F600}!"), ("\"\\ud83d\"", "\u{FFFD}"),
    ("\"\\ude00a\"", "\u{FFFD}a"),
    ("\"\\ud83d\\u0041\"", "\u{FFFD}A"), ("\"\\ud83dx\"", "\u{FFFD}x"),
    ("\"\\ud83d\\ud83d\\ude00\"", "\u{FFFD}\u{1F600}"),
    ("\"\\u0000\"", "\0"), ("\"caf\u{e9}\"", "caf\u{e9}"), ("\"\\udbff\\udfff\"", "\u{10FFFF}"),
  ])
  func `escapes are resolved`(literal: String, expected: String) {
    withBytes(literal) { #expect(JSONText.unescape($0) == Array(expected.utf8)) }
  }

  @Test(arguments: ["", "\"", "a", "\"a", "a\"", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\\""])
  func `what is no string literal is not unescaped`(literal: String) {
    withBytes(literal) { #expect(JSONText.unescape($0) == nil) }
  }

  @Test func `an escaped text is a literal that reads back as itself`() {
    let texts = [
      "", "plain", "\"\\/", "\n\r\t\u{8}\u{c}\0\u{1f}\u{7f}", "caf\u{e9} \u{20ac} \u{1F600} \u{10FFFF}",
      "\u{2028}",
      String(repeating: "long and plain ", count: 20) + "\"",
    ]
    for text in texts {
      var literal = [UInt8]()
      withBytes(text) { JSONText.appendLiteral($0, to: &literal) }
      #expect(ReferenceJSON.accepts(literal))
      #expect(literal.withUnsafeBytes { JSONText.unescape($0) } == Array(text.utf8))
    }
  }

  @Test func `bytes that are no UTF-8 are replaced, as Swift would replace them one by one`() {
    let broken: [[UInt8]] = [
      [0x80], [0xff], [0xc0, 0x80], [0xc3], [0xc3, 0x41], [0xe2, 0x82], [0xe0, 0x80, 0x80],
      [0xed, 0xa0, 0x80],
      [0xf0, 0x9f, 0x98], [0xf4, 0x90, 0x80, 0x80], [0xf8, 0x88, 0x80, 0x80, 0x80], [0x61, 0xe2, 0x61],
      [0xf0, 0x80, 0x80, 0x80],
    ]
    for bytes in broken {
      var escaped = [UInt8]()
      bytes.withUnsafeBytes { JSONText.appendEscaped($0, to: &escaped) }
      #expect(String(validating: escaped, as: UTF8.self) != nil, "\(bytes)")
      #expect(escaped.contains(0xef), "\(bytes)")
    }
  }

  @Test(
    arguments: [
      ("", "{\"a\":1}", "{\"a\":1}"), ("/a", "{\"a\":1}", "1"), ("/b", "{\"a\":1}", nil),
      ("a", "{\"a\":1}", nil),
      ("/a/b/1", "{\"a\":{\"b\":[10, {\"c\":2} ]}}", "{\"c\":2}"),
      ("/a/b/1/c", "{\"a\":{\"b\":[10,{\"c\":2}]}}", "2"),
      ("/", "{\"\":5}", "5"), ("/a~1b", "{\"a/b\":1}", "1"), ("/m~0n", "{\"m~n\":8}", "8"),
      ("/a~01", "{\"a~1\":3}", "3"),
      ("/a~2", "{\"a~2\":3}", nil), ("/a~", "{\"a~\":3}", nil), ("/k", "{\"\\u006b\":4}", "4"),
      ("/0", "[7]", "7"),
      ("/1", "[7]", nil), ("/00", "[7]", nil), ("/01", "[7,8]", nil), ("/-", "[7]", nil), ("/-1", "[7]", nil),
      ("/0", "{\"0\":1}", "1"),
      ("/0", "[]", nil), ("/a", "[]", nil), ("/a", "{}", nil), ("/a", "1", nil), ("/a/b", "{\"a\":1}", nil),
      ("", "1", "1"),
      ("/a", "{\"a\":1,\"a\":2}", "2"), ("/a/", "{\"a\":{\"\":6}}", "6"),
      ("/99999999999999999999", "[1]", nil),
      ("", " [ ] ", "[ ]"), ("/a", "{\"a\":", nil), ("/caf\u{e9}", "{\"caf\\u00e9\":1}", "1"),
    ] as [(String, String, String?)])
  func `pointers follow RFC 6901`(pointer: String, document: String, expected: String?) {
    withBytes(document) { bytes in
      withBytes(pointer) { #expect(text(bytes, JSONPointer.resolve($0, in: bytes)) == expected) }
    }
  }
}
