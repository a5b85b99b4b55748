import ProxyWire
import Testing
import WireFuzz

@Suite struct JSONMemberScannerTests {
  private static let wanted = ["usage", "model", "id", "caf\u{e9}"].map { Array($0.utf8) }

  private func values(_ document: [UInt8], cuts: [Int], limitBytes: Int = 65_536) -> [String?] {
    var scanner = JSONMemberScanner(wanted: Self.wanted, limitBytes: limitBytes)
    var start = 0
    for end in cuts + [document.count] {
      Array(document[start..<end]).withUnsafeBytes { scanner.feed($0) }
      start = end
    }
    return Self.wanted.indices.map { index in scanner.value(index).map { String(decoding: $0, as: UTF8.self) }
    }
  }

  @Test func `wanted members are found at every split point`() {
    let document = Array(
      """
      { "id" : "chat-\\"1\\"" ,"choices":[{"usage":1,"text":"}],\\\\"}],
        "usage": {"total_tokens": [12, "}"] },
        "model":null,"caf\\u00e9":-1.5e3 , "end":true }
      """.utf8)
    let expected = ["{\"total_tokens\": [12, \"}\"] }", "null", "\"chat-\\\"1\\\"\"", "-1.5e3"]
    for first in 0...document.count {
      for second in stride(from: first, through: document.count, by: 5) {
        #expect(values(document, cuts: [first, second]) == expected)
      }
    }
    #expect(values(document, cuts: Array(0...document.count)) == expected)
  }

  @Test func `of several members with the same key the last counts`() {
    #expect(values(Array("{\"id\":1,\"id\":2,\"\\u0069d\":3}".utf8), cuts: [])[2] == "3")
  }

  @Test func `a value over the limit is as absent`() {
    let document = Array("{\"id\":\"0123456789\",\"model\":\"12345678\"}".utf8)
    for cut in 0...document.count {
      #expect(values(document, cuts: [cut], limitBytes: 10) == [nil, "\"12345678\"", nil, nil])
    }
  }

  @Test func `values of a document that breaks off are those that had ended`() {
    #expect(values(Array("{\"id\":1,\"model\":\"x".utf8), cuts: []) == [nil, nil, "1", nil])
    #expect(values(Array("{\"id\":1".utf8), cuts: [])[2] == nil)
    #expect(values(Array("{\"id\":1,]\"model\":2}".utf8), cuts: []) == [nil, nil, "1", nil])
    #expect(values(Array("[{\"id\":1}]".utf8), cuts: []) == [nil, nil, nil, nil])
    #expect(values([], cuts: []) == [nil, nil, nil, nil])
  }

  @Test func `a reset scanner knows nothing of the last document`() {
    var scanner = JSONMemberScanner(wanted: Self.wanted)
    withBytes("{\"id\":1}") { scanner.feed($0) }
    #expect(scanner.hasEnded)
    scanner.reset()
    #expect(scanner.value(2) == nil)
    withBytes("{\"model\":2}") { scanner.feed($0) }
    #expect(scanner.value(1) == [0x32])
    #expect(scanner.value(9) == nil)
    #expect(scanner.value(-1) == nil)
  }

  @Test func `scanner and indexer agree on random objects at random cuts`() throws {
    var mutator = Mutator(seed: 0x15)
    var found = 0
    for _ in 0..<5_000 {
      let document = Array(object(&mutator.random, depth: 3).utf8)
      let scanned = values(document, cuts: mutator.cuts(document.count))
      var index = JSONMembers()
      let indexed = try document.withUnsafeBytes { bytes in
        try index.index(bytes)
        return Self.wanted.map { name in
          name.withUnsafeBytes { name in
            let last = index.count(named: name, in: bytes) - 1
            return last < 0 ? nil : text(bytes, index.value(named: name, nth: last, in: bytes))
          }
        }
      }
      #expect(scanned == indexed)
      found += scanned.count { $0 != nil }
    }
    #expect(found > 3_000)
  }

  private func object(_ random: inout SeededGenerator, depth: Int) -> String {
    let keys = [
      "usage", "model", "id", "caf\u{e9}", "caf\\u00e9", "\\u0069d", "x", "", "mode", "models", "\\\"id",
    ]
    let members = (0..<random.below(6)).map { _ in
      "\"\(random.pick(keys))\"\(blank(&random)):\(blank(&random))\(value(&random, depth: depth - 1))"
    }
    return "\(blank(&random)){\(blank(&random))" + members.joined(separator: "\(blank(&random)),")
      + "}\(blank(&random))"
  }

  private func value(_ random: inout SeededGenerator, depth: Int) -> String {
    switch random.below(depth > 0 ? 8 : 6) {
    case 0: "null"
    case 1: "-12.5e-3"
    case 2: "\"}],{[:\\\"\\\\\""
    case 3: "\"0123456789abcdef0123456789\\n\""
    case 4: "true"
    case 5: "\"\""
    case 6: object(&random, depth: depth)
    default: "[\(value(&random, depth: depth - 1)), \(value(&random, depth: depth - 1))]"
    }
  }

  private func blank(_ random: inout SeededGenerator) -> String {
    random.pick(["", "", " ", "\n", "\t \r\n"])
  }
}
