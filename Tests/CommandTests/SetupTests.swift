import Foundation
import ProxyConfig
import ProxyCore
import Testing

@testable import llm_proxy

@Suite("Setup")
struct SetupTests {
  private func temporary(_ text: String? = nil) throws -> String {
    let path = NSTemporaryDirectory() + "setup-\(UUID().uuidString).env"
    if let text { try text.write(toFile: path, atomically: true, encoding: .utf8) }
    return path
  }

  private func written(_ document: EnvironmentDocument) throws -> (
    text: String, mode: Int, environment: Environment
  ) {
    let path = try temporary()
    try document.prepare(at: path).commit()
    defer { unlink(path) }
    var environment = Environment([:])
    try environment.addFile(named: path)
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    let mode = try #require(attributes[.posixPermissions] as? NSNumber).intValue
    return (try String(contentsOfFile: path, encoding: .utf8), mode, environment)
  }

  @Test(
    "a value is read back as it was written",
    arguments: [
      "plain", "a b", "a#b", " lead", "$HOME", "it's", "a\"b", "'\"$x\\", "https://x/?a=b&c=d", "=", "`x`",
    ])
  func roundTrip(value: String) throws {
    let document = try EnvironmentDocument.read("/nonexistent").replaced(with: [("NAME", value)])
    let file = try written(document)
    #expect(file.environment["NAME"] == value, "\(file.text)")
    #expect(file.mode == 0o600)
  }

  @Test("what else the old file had is kept, and the key that sealed the database too")
  func kept() throws {
    let old = try temporary(
      "# note\nexport LISTEN_ADDR=:1\nOTHER='x y'\nENCRYPTION_KEY=abc\nLOG_LEVEL=debug\n\n")
    defer { unlink(old) }
    let document = try EnvironmentDocument.read(old)
    #expect(document.encryptionKey?.revealText() == "abc")
    let file = try written(document.replaced(with: [("LISTEN_ADDR", ":2"), ("LOG_LEVEL", "info")]))
    #expect(file.environment["LISTEN_ADDR"] == ":2")
    #expect(file.environment["LOG_LEVEL"] == "info")
    #expect(file.environment["OTHER"] == "x y")
    #expect(file.environment["ENCRYPTION_KEY"] == "abc")
    #expect(file.text.contains("# note"))
  }

  @Test("a malformed file is not replaced")
  func malformed() throws {
    let old = try temporary("this is no variable\n")
    defer { unlink(old) }
    #expect(throws: ConfigurationRefusal.self) { try EnvironmentDocument.read(old) }
  }

  @Test("what cannot work is refused before anything is written")
  func refusals() throws {
    var plan = SetupPlan(file: try temporary())
    #expect(throws: CommandFailure.self) { try plan.check() }
    plan.providerKey = Secret("sk with spaces")
    #expect(throws: CommandFailure.self) { try plan.check() }
    plan.providerKey = Secret("sk-1")
    plan.address = "nowhere"
    #expect(throws: ConfigurationRefusal.self) { try plan.check() }
    plan.address = "localhost:8080"
    plan.encryptionKey = Secret("short")
    #expect(throws: ConfigurationRefusal.self) { try plan.check() }
  }
}
