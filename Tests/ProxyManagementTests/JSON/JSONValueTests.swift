import Foundation
import Testing

@testable import ProxyManagement

@Suite struct JSONValueTests {
  @Test func escapesAsGoDoes() {
    let value: JSONValue = ["k<": "a<b>&\"\\/\n\r\t\u{8}\u{c}\u{1}\u{7f}é😀\u{2028}\u{2029}"]
    #expect(
      value.text == #"{"k\u003c":"a\u003cb\u003e\u0026\"\\/\n\r\t\b\f\u0001"# + "\u{7f}é😀"
        + #"\u2028\u2029"}"#)
  }

  @Test func anotherReaderReadsWhatIsWritten() throws {
    let value: JSONValue = [
      "t": .bool(true), "n": .null, "i": .integer(-12), "s": "</script>\u{0}",
      "a": [.array([]), .object([]), "x"],
    ]
    let read = try JSONSerialization.jsonObject(with: Data(value.bytes)) as? [String: Any]
    #expect(read?["s"] as? String == "</script>\u{0}")
    #expect(read?["i"] as? Int == -12)
    #expect((read?["a"] as? [Any])?.count == 3)
    #expect(try JSONReader.firstValue(of: value.bytes) == value)
  }
}
