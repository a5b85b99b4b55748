import ArgumentParser
import Foundation
import ProxyConfig
import Testing

@testable import llm_proxy

@Suite("llm-proxy config check and the flags of server")
struct ConfigCheckTests {
  private let environment = Environment([
    "MANAGEMENT_TOKEN": "sk-canary-0123456789", "LISTEN_ADDR": ":9999", "LLM_PROXY_EVENT_LOOP": "1",
    "API_CONFIG_PATH": Self.file,
  ])
  private static let file = FileManager.default.temporaryDirectory
    .appendingPathComponent("check-\(ProcessInfo.processInfo.processIdentifier).yaml").path

  private func configuration(_ arguments: [String] = []) throws -> Configuration {
    try """
    apis:
      openai:
        base_url: https://api.openai.com
        api_key: ${MANAGEMENT_TOKEN}
        allowed_endpoints: [/v1/chat/completions]
        allowed_methods: [POST]
    """.write(toFile: Self.file, atomically: true, encoding: .utf8)
    let command = try #require(try LLMProxy.parseAsRoot(["server"] + arguments) as? ServerCommand)
    return try Configuration.load(flags: command.options.flags, environment: environment)
  }

  @Test("every flag of server reaches the settings, and wins over variables")
  func flags() throws {
    let configuration = try configuration([
      "--addr", "127.0.0.1:7", "--db", "x.db", "--log-level", "warn", "-v", "--log-file", "x.log", "-d",
      "--pid-file", "x.pid",
    ])
    let boot = configuration.boot
    #expect(boot.listen == ListenAddress(host: "127.0.0.1", port: 7))
    #expect(boot.database.path == "x.db")
    #expect(boot.log.level == .warn)
    #expect(boot.log.file == "x.log")
    #expect(boot.runsAsDaemon)
    #expect(boot.pidFile == "x.pid")
  }

  @Test("the file of events is refused with a sentence")
  func eventFile() {
    let refusal = #expect(throws: ConfigurationRefusal.self) {
      try configuration(["--file-event-log", "e.jsonl"])
    }
    #expect(refusal?.errors.map(\.key) == ["--file-event-log"])
    #expect(refusal?.description.contains("not written yet") == true)
  }

  @Test("a flag that does not exist is wrong usage")
  func unknownFlag() {
    let error = #expect(throws: (any Error).self) { try LLMProxy.parseAsRoot(["server", "--adr", ":1"]) }
    #expect(error.map { LLMProxy.exitCode(for: $0) } == .validationFailure)
    #expect(error.map { LLMProxy.message(for: $0) }?.contains("--addr") == true)
  }

  @Test("--version tells the version, no command shows help")
  func version() throws {
    let asked = #expect(throws: (any Error).self) { try LLMProxy.parseAsRoot(["--version"]) }
    #expect(asked.map { LLMProxy.message(for: $0) }?.hasPrefix("llm-proxy ") == true)
    #expect(asked.map { LLMProxy.exitCode(for: $0) } == .success)
  }

  @Test("the text shows each setting with its source, warnings, and no secret")
  func text() throws {
    let text = ConfigurationReport(try configuration()).text()
    let lines = text.split(separator: "\n").map {
      $0.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
    }
    #expect(lines.contains("listen :9999 environment LISTEN_ADDR"))
    #expect(lines.contains("limits.request_body_bytes 33554432 bytes default"))
    #expect(lines.contains("auth core.auth on_error: closed built-in defaults:9"))
    #expect(lines.contains("openai openai https://api.openai.com default \(Self.file):2"))
    #expect(text.contains("did you mean LLM_PROXY_EVENT_LOOPS?"))
    #expect(!text.contains("canary"))
  }

  @Test("the JSON has the same, for programs")
  func json() throws {
    let text = try ConfigurationReport(try configuration()).json()
    #expect(!text.contains("canary"))
    let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    let settings = try #require(object["settings"] as? [[String: Any]])
    let listen = settings.first { $0["key"] as? String == "listen" }
    #expect(listen?["value"] as? String == ":9999")
    #expect(listen?["source"] as? String == "environment LISTEN_ADDR")
    #expect((object["pipeline"] as? [[String: Any]])?.count == 7)
    #expect((object["apis"] as? [[String: Any]])?.first?["is_default"] as? Bool == true)
    #expect((object["warnings"] as? [[String: Any]])?.count == 1)
  }

  @Test("mistakes come as JSON too")
  func jsonOfRefusal() throws {
    let refusal = try #require(
      #expect(throws: ConfigurationRefusal.self) { try configuration(["--addr", "nowhere"]) })
    let text = try ConfigurationReport.json(of: refusal)
    let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    let errors = try #require(object["errors"] as? [[String: Any]])
    #expect(errors.first?["file"] as? String == "command line")
    #expect(errors.first?["key"] as? String == "--addr")
    #expect(errors.first?["remedy"] as? String != nil)
  }
}
