import Foundation
import Testing

@testable import ProxyConfig

@Suite("Hostile and broken configuration files")
struct YAMLBoundsTests {
  private func errors(_ text: String) -> [String] {
    let report = Report()
    var interpolation = Interpolation { _ in nil }
    let root = YAMLDocument.read(text, file: "c.yaml", interpolation: &interpolation, report: report)
    _ = root.flatMap { Section($0, path: "", pattern: "", report: report) }
    return report.errors.map(\.description)
  }

  private func errors(bytes: [UInt8]) throws -> [String] {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("c-\(UUID().uuidString).yaml")
      .path
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }  // A leftover file harms nobody.
    var flags = ServerFlags()
    flags.configurationFile = path
    do {
      _ = try Configuration.load(
        flags: flags, environment: Environment(["MANAGEMENT_TOKEN": "0123456789abcdef"]))
      return []
    } catch {
      return error.errors.map { $0.description.replacingOccurrences(of: path, with: "c.yaml") }
    }
  }

  @Test("a file over 1 MiB is refused")
  func tooLarge() throws {
    let text = "# " + String(repeating: "x", count: 1_100_000)
    #expect(try errors(bytes: Array(text.utf8)).first?.contains("larger than 1 MiB") == true)
    #expect(errors(text).first?.contains("larger than 1 MiB") == true)
  }

  @Test("an empty file, a folder and other encodings are told apart")
  func notText() throws {
    #expect(try errors(bytes: []).first?.contains("c.yaml: the file is empty") == true)
    #expect(
      try errors(bytes: Array("a: 1\nb: ".utf8) + [0xff]).first?.contains(
        "c.yaml:2: the file is not UTF-8 text") == true)
    #expect(try errors(bytes: Array("\u{feff}listen: 1".utf8)).first?.contains("c.yaml:1: listen") == true)
    #expect(try errors(bytes: Array("a: \u{1}".utf8)).first?.contains("not valid YAML") == true)
    #expect(try errors(bytes: Array("a: 1\n\n\nb: \u{0}".utf8)).first?.contains("c.yaml:4: ") == true)
    var flags = ServerFlags()
    flags.configurationFile = "/"
    let refusal = #expect(throws: ConfigurationRefusal.self) {
      try Configuration.load(flags: flags, environment: Environment(["MANAGEMENT_TOKEN": "0123456789abcdef"]))
    }
    #expect(refusal?.description.contains("it is a folder") == true)
  }

  @Test("nesting is bounded, however it is written", arguments: [33, 900, 20_000])
  func depth(levels: Int) {
    #expect(!errors("x-a: " + String(repeating: "[", count: levels)).isEmpty)
    #expect(
      !errors("x-a: " + String(repeating: "[", count: levels) + String(repeating: "]", count: levels)).isEmpty
    )
    #expect(
      !errors("x-a: " + String(repeating: "{a: ", count: levels) + String(repeating: "}", count: levels))
        .isEmpty)
    #expect(!errors("x-a:\n" + String(repeating: "- ", count: levels) + "a").isEmpty)
  }

  @Test("aliases cannot multiply a small file into a large one")
  func aliasBomb() {
    var wide = "x-0: &a0 [a, a, a, a, a, a, a, a, a]\n"
    for level in 1...9 {
      let aliases = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
      wide += "x-\(level): &a\(level) [\(aliases)]\n"
    }
    #expect(errors(wide).first?.contains("more than 32 aliases") == true)
    var narrow = "x-0: &a0 [\(Array(repeating: "a", count: 50).joined(separator: ", "))]\n"
    for level in 1...10 {
      narrow += "x-\(level): &a\(level) [*a\(level - 1), *a\(level - 1), *a\(level - 1)]\n"
    }
    #expect(errors(narrow).first?.contains("more than 50000 values") == true)
    #expect(errors("x-a: &a [*a]").first?.contains("undefined alias") == true)
  }

  @Test("many keys and long names do not take long")
  func manyKeys() {
    let keys = (0..<3_000).map { "key\($0): 1" }.joined(separator: "\n")
    #expect(errors(keys).count == 3_000)
    #expect(errors(String(repeating: "k", count: 1_000) + ": 1").count == 1)
  }

  @Test("random changes to a good file never trap, and every refusal names the file")
  func mutation() throws {
    let folder = GoldenCase.folder
    let names = try GoldenCase.names().filter { $0.hasPrefix("accepted") }
    var random = SplitMix(seed: 42)
    let pieces = [
      "\t", "\n", " ", ":", "- ", "[", "]", "{", "}", "&a ", "*a", "!!int ", "\"", "'", "#", "|\n", ">", "%",
      "---\n", "? ", "<<: ", "${", "}", "é", "\u{0}", "~", "0x", ".",
    ]
    for name in names {
      let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
      guard let start = text.range(of: "=== config.yaml\n") else { continue }
      let yaml = Array(text[start.upperBound...].utf8)
      for _ in 0..<25 {
        var bytes = yaml
        for _ in 0...Int(random.next() % 3) {
          let position = Int(random.next() % UInt64(bytes.count))
          switch random.next() % 4 {
          case 0: bytes.remove(at: position)
          case 1:
            bytes.insert(contentsOf: pieces[Int(random.next() % UInt64(pieces.count))].utf8, at: position)
          case 2: bytes[position] = UInt8(truncatingIfNeeded: random.next())
          default: bytes.removeSubrange(position..<min(bytes.count, position + Int(random.next() % 20)))
          }
        }
        let refused = try errors(bytes: bytes + [0x0a])
        #expect(refused.allSatisfy { $0.hasPrefix("c.yaml") || $0.hasPrefix("environment") }, "\(refused)")
      }
    }
  }
}
