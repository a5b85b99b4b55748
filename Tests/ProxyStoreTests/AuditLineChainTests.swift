import Foundation
import Testing

@testable import ProxyStore

@Suite struct AuditLineChainTests {
  private func lines(_ count: Int, after previous: String = "") -> (text: [String], chain: String) {
    var chain = previous
    let text = (0..<count).map { index in
      let link = AuditLineChain.link(Array("{\"id\":\"\(index)\",\"action\":\"a\"}".utf8), after: chain)
      chain = link.chain
      return String(decoding: link.line, as: UTF8.self)
    }
    return (text, chain)
  }

  private func verify(_ files: [String: [String]]) throws -> AuditFileVerification {
    let folder = try TemporaryFolder()
    for (name, lines) in files {
      try (lines.joined(separator: "\n") + "\n").write(
        toFile: folder.path + "/" + name, atomically: true, encoding: .utf8)
    }
    return try AuditFileVerification(path: folder.path + "/audit.log")
  }

  @Test func `a linked line is JSON with its chain as the last member`() throws {
    let line = lines(1).text[0]
    let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String]
    #expect(object?["id"] == "0" && object?["chain"]?.count == 64)
    #expect(AuditLineChain.chain(of: Array(line.utf8)) == object?["chain"])
    let other = Array("no object".utf8)
    #expect(AuditLineChain.link(other, after: "x").line == other)
  }

  @Test func `a whole chain verifies, over rotated files and after lines of an older program`() throws {
    let (text, chain) = lines(9)
    let found = try verify([
      "audit.log": Array(text[6...]), "audit.log.1": Array(text[3..<6]),
      "audit.log.2": ["{\"old\":1}"] + text[..<3],
    ])
    #expect(found.problem == nil && found.verified == 9 && found.unchained == 1 && found.files == 3)
    #expect(found.headHash == chain)
    // The oldest file is gone: its successor is where the chain begins.
    #expect(try verify(["audit.log": Array(text[6...]), "audit.log.1": Array(text[3..<6])]).problem == nil)
  }

  @Test(arguments: ["alter", "remove", "insert", "swap", "strip"])
  func `tampering with a line is found`(how: String) throws {
    var text = lines(6).text
    switch how {
    case "alter": text[3] = text[3].replacingOccurrences(of: "\"a\"", with: "\"b\"")
    case "remove": text.remove(at: 3)
    case "insert": text.insert(lines(1, after: "x").text[0], at: 3)
    case "swap": text.swapAt(2, 3)
    default: text[3] = "{\"id\":\"3\",\"action\":\"a\"}"
    }
    let problem = try verify(["audit.log": text]).problem
    #expect(problem?.contains("audit.log:") == true)
  }
}
