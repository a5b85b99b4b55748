import Foundation
import Testing

@testable import ProxyConfig

@Suite("Environment and .env files")
struct EnvironmentTests {
  private func read(_ text: String, process: [String: String] = [:]) throws -> EnvironmentFile {
    EnvironmentFile(parsing: text, named: ".env", existing: Environment(process))
  }

  @Test(
    "a line is read as the Go program reads it",
    arguments: [
      ("A=b", "b"), ("A = b ", "b"), ("export A=b", "b"), ("A: b", "b"), ("A=", ""), ("A=b # note", "b"),
      ("A=b#c", "b#c"),
      ("A='b # c'", "b # c"), ("A=\"b\\nc\\\"\\\\\\$d\"", "b\nc\"\\$d"), ("A='$B'", "$B"),
      ("A=$HOME_DIR/x", "/home/x"),
      ("A=\"${HOME_DIR}/x\"", "/home/x"), ("A=${NOT_SET}x", "x"), ("A=pa$$word", "pa$$word"),
      ("A=a$ b", "a$ b"), ("A=a\\$HOME_DIR", "a$HOME_DIR"), ("A=$home", "$home"),
      ("A=${open", "${open"), ("A=\"one\ntwo\"", "one\ntwo"), ("A=a=b==", "a=b=="), ("A=\"x\" # note", "x"),
      ("A=b\r\n", "b"),
      ("\u{feff}A=b".replacing("\u{feff}", with: ""), "b"), ("A.B=c", "c"),
    ])
  func value(line: String, expected: String) throws {
    let file = try read(line, process: ["HOME_DIR": "/home"])
    #expect(file.errors.isEmpty)
    #expect(file.variables.map(\.value) == [expected])
  }

  @Test("later lines see earlier ones, and lines are counted across quotes")
  func lines() throws {
    let file = try read("# note\n\nA=1\nB='two\nlines'\nC=${A}${B}\n   \nD=4")
    #expect(file.variables.map(\.name) == ["A", "B", "C", "D"])
    #expect(file.variables.map(\.origin.line) == [3, 4, 6, 8])
    #expect(file.variables[2].value == "1two\nlines")
  }

  @Test("wrong lines are told by number and not repeated")
  func wrong() throws {
    let file = try read("A=1\nsk-secret-key\n=x\nB='open\n")
    #expect(file.errors.map(\.line) == [2, 3, 4])
    #expect(!file.errors.map(\.description).joined().contains("sk-secret"))
    let after = try read("A='x' y\nB=2")
    #expect(after.errors.map(\.line) == [1])
    #expect(after.variables.map(\.name) == ["B"])
  }

  @Test("the file never overrides the process, not even a variable that is set to nothing")
  func precedence() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("env-\(UUID().uuidString)").path
    try "A=file\nB=file\nC=file\n".write(toFile: path, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: path) }  // A leftover file harms nobody.
    var environment = Environment(["A": "process", "B": ""])
    try environment.addFile(named: path)
    #expect(environment["A"] == "process")
    #expect(environment["B"] == nil)
    #expect(environment["C"] == "file")
    #expect(environment.place(of: "C").location == SourceLocation(file: path, line: 3))
  }

  @Test("a file that ENV names may be absent, one that --env names may not")
  func missingFile() throws {
    var environment = Environment(["ENV": "/nonexistent/production"])
    try environment.addFile(named: nil)
    #expect(environment.warnings.map(\.key) == ["ENV"])
    #expect(throws: ConfigurationRefusal.self) { try environment.addFile(named: "/nonexistent/.env") }
    #expect(throws: ConfigurationRefusal.self) { try environment.addFile(named: "/") }
  }

  @Test("a file that is not UTF-8 is refused with its line")
  func notText() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("env-\(UUID().uuidString)").path
    try Data([0x41, 0x3d, 0x31, 0x0a, 0xff, 0xfe]).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }  // A leftover file harms nobody.
    var environment = Environment([:])
    let refusal = #expect(throws: ConfigurationRefusal.self) { try environment.addFile(named: path) }
    #expect(refusal?.errors.map(\.line) == [2])
  }

  @Test("every known variable is known once, and its default is a value of its kind")
  func table() throws {
    #expect(EnvironmentVariable.all.count == EnvironmentVariable.named.count)
    for variable in EnvironmentVariable.all where !variable.standard.isEmpty {
      #expect(throws: Never.self, "\(variable.name)") { try variable.canonical(variable.standard) }
    }
  }

  @Test("random .env files never trap")
  func mutation() throws {
    var random = SplitMix(seed: 7)
    let pieces = [
      "A", "=", "\"", "'", "\n", "$", "{", "}", "\\", "#", " ", "export ", ":", "\r\n", "é", "\u{0}", "B1",
    ]
    for _ in 0..<5_000 {
      let text = (0..<Int(random.next() % 30)).map { _ in pieces[Int(random.next() % UInt64(pieces.count))] }
        .joined()
      let file = try read(text)
      #expect(file.variables.allSatisfy { !$0.name.isEmpty })
    }
  }
}
